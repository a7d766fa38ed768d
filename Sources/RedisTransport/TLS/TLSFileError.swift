/// A file for TLS that cannot be used: which one, who named it, and what is wrong.
package struct TLSFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The option that names the file.
    package let option: String
    package let path: String
    package let problem: String

    package var description: String { "--\(option): cannot use \(path): \(problem)" }
}
