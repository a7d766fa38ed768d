import Foundation
import SessiondClient
import Synchronization

/// Every line that a daemon sends to a test's client, kept in a file of `$SESSIOND_TEST_TRANSCRIPTS` for the check
/// against `Protocols/schemas` that `make test` makes afterwards.
final class Transcript: Sendable {
    private let file: Mutex<FileHandle>

    /// Nil where nobody asked for transcripts.
    init?() {
        guard let folder = ProcessInfo.processInfo.environment["SESSIOND_TEST_TRANSCRIPTS"] else { return nil }
        let path = "\(folder)/\(UUID().uuidString).ndjson"
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { return nil }
        self.file = Mutex(file)
    }

    /// - Parameter method: what the line answers; nil for a notification.
    func record(_ method: String?, _ line: [UInt8]) {
        let method = method.map { "\"\($0)\"" } ?? "null"
        let text = #"{"method":\#(method),"line":\#(String(decoding: line, as: UTF8.self))}"# + "\n"
        file.withLock { $0.write(Data(text.utf8)) }
    }
}
