import Foundation

/// Files that tests read, found from where this file lies.
enum Places {
    static let packageRoot = URL(filePath: #filePath)
        .resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let valueVectors = packageRoot.appending(path: "Protocols/vectors/values")

    /// A large collection of real values that may lie beside the checkout.
    static let corpus = packageRoot.deletingLastPathComponent().appending(path: "shared/corpus")

    static var hasCorpus: Bool { FileManager.default.fileExists(atPath: corpus.path) }

    /// The lines of an NDJSON file, which may be gzipped.
    static func lines(of file: URL) throws -> [String] {
        let text: Data
        if file.pathExtension == "gz" {
            let gzip = Process()
            let output = Pipe()
            gzip.executableURL = URL(filePath: "/usr/bin/env")
            gzip.arguments = ["gzip", "-dc", file.path]
            gzip.standardOutput = output
            try gzip.run()
            text = try output.fileHandleForReading.readToEnd() ?? Data()
            gzip.waitUntilExit()
            guard gzip.terminationStatus == 0 else { throw CocoaError(.fileReadCorruptFile) }
        } else {
            text = try Data(contentsOf: file)
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
