import Foundation

/// Files that options name.
enum FileContent {
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    /// A file's bytes, or an error that says which option named it and what is wrong.
    static func bytes(of path: String, option: String) throws(ConfigurationError) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            let words = (error as? CocoaError)?.code == .fileReadNoPermission ? "permission denied" : "no such file"
            throw .unreadableFile(option: option, path: path, problem: words)
        }
    }
}
