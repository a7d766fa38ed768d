import Foundation

/// A folder of a test's own with a path short enough for Unix sockets, removed with its owner.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = "/tmp/sd-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755]
        )
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in the folder.
    package func file(_ name: String) -> String {
        "\(path)/\(name)"
    }

    func url(_ name: String) -> URL {
        URL(fileURLWithPath: file(name))
    }

    /// Writes a file and returns its path.
    package func write(_ content: String, to name: String) throws -> String {
        try Data(content.utf8).write(to: url(name))
        return file(name)
    }
}
