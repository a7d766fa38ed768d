import Foundation
import TestSupport
import Testing

/// Answers and events as they came, to be validated against `Protocols/schemas`.
actor Transcript {
    private var lines: [String] = []

    func record(_ method: String, result: [UInt8]) {
        let text = String(decoding: result, as: UTF8.self)
        lines.append(#"{"method":"\#(method)","line":{"jsonrpc":"2.0","id":1,"result":\#(text)}}"#)
    }

    func record(event json: [UInt8]) {
        let text = String(decoding: json, as: UTF8.self)
        lines.append(
            #"{"method":null,"line":{"jsonrpc":"2.0","method":"event","params":{"subscription":1,"event":\#(text)}}}"#
        )
    }

    /// Expects that every line is as the schemas say.
    func expectValid(_ location: SourceLocation = #_sourceLocation) async throws {
        guard Places.hasPython else { return }
        let result = try await ChildProcess.run(
            Places.python, ["\(Places.root)/Tests/Protocols/validate_transcript.py"],
            input: Data((lines.joined(separator: "\n") + "\n").utf8)
        )
        #expect(!lines.isEmpty, sourceLocation: location)
        #expect(result.exitCode == 0, "\(result.output)\(result.errors)", sourceLocation: location)
    }
}
