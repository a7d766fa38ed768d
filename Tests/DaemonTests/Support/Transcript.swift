import Foundation
import SessiondClient
import Synchronization

/// What a daemon sends to a test's client, kept in a file of `$SESSIOND_TEST_TRANSCRIPTS` for the check against
/// `Protocols/schemas` that `make test` makes afterwards.
final class Transcript: Sendable {
    /// How much is kept of one conversation: the long ones say the same again and again, and each line takes a while to check.
    private static let byteCountMax = 50_000

    private struct Kept {
        let file: FileHandle
        var byteCount = 0
    }

    private let kept: Mutex<Kept>

    /// Nil where nobody asked for transcripts.
    init?() {
        guard let folder = ProcessInfo.processInfo.environment["SESSIOND_TEST_TRANSCRIPTS"] else { return nil }
        let path = "\(folder)/\(UUID().uuidString).ndjson"
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { return nil }
        kept = Mutex(Kept(file: file))
    }

    /// - Parameter method: what the line answers; nil for a notification.
    func record(_ method: String?, _ line: [UInt8]) {
        let method = method.map { "\"\($0)\"" } ?? "null"
        let text = #"{"method":\#(method),"line":\#(String(decoding: line, as: UTF8.self))}"# + "\n"
        kept.withLock { kept in
            guard kept.byteCount + text.utf8.count <= Self.byteCountMax else { return }
            kept.byteCount += text.utf8.count
            kept.file.write(Data(text.utf8))
        }
    }
}
