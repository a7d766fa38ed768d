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

    /// The mode of a file with a secret that others than its owner can get at; root's may be read by its group, as
    /// PostgreSQL has it, since a daemon must get at it somehow.
    ///
    /// - Returns: octal digits; nil where all is well, or nothing can be found out.
    static func modeIfOpenToOthers(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let allowed: mode_t = status.st_uid == 0 ? 0o740 : 0o700
        let mode = status.st_mode & 0o777
        return mode & ~allowed == 0 ? nil : "0" + String(mode, radix: 8)
    }
}
