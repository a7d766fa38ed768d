import Foundation
import FuzzSupport
import JSONRPC

/// What holds for a line that was read, and for the answers to it.
enum RequestChecks {
    /// The longest error without the id, in bytes.
    private static let errorBytesMax = 400

    static func check(_ request: RequestLine, of line: [UInt8]) {
        switch request {
        case .single(let message):
            check(message, as: foundation(line), in: line)
        case .batch(let messages):
            let elements = foundation(line) as? [Any]
            precondition(elements == nil || elements?.count == messages.count, "a batch has all its elements")
            for (index, message) in messages.enumerated() { check(message, as: elements?[index], in: line) }
            check(batch: messages)
        }
    }

    /// Foundation's reading of a line; nil where it takes less than the RFC, or one of two members, and where a text may begin
    /// with a byte order mark, which it drops.
    private static func foundation(_ line: [UInt8]) -> Any? {
        guard !contains(line, [0xEF, 0xBB, 0xBF]) else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(line), options: .fragmentsAllowed)
    }

    private static func check(_ message: Result<Request, InvalidRequest>, as seen: Any?, in line: [UInt8]) {
        switch message {
        case .failure(let invalid):
            check(refusal: invalid.error, to: invalid.id, in: line)
        case .success(let request):
            precondition(seen == nil || seen is [String: Any], "a request is an object")
            let members = seen as? [String: Any]
            if let members {
                precondition(members["jsonrpc"] as? String == "2.0", "a request is of version 2.0")
                // Foundation reads some halves of surrogate pairs, and makes other text of them.
                let isSame = members["method"] as? String == request.method.string || !request.method.isUnicode
                precondition(isSame, "the method is the one that was sent")
                precondition((members["id"] == nil) == (request.id == nil), "without an id nobody wants an answer")
            }
            if let id = request.id { checkEcho(of: id, as: members?["id"], in: line) }
            ParamChecks.check(request.params, as: members?["params"]) {
                check(refusal: $0, to: request.id ?? .null, in: line)
            }
        }
    }

    /// An id comes back byte for byte, and means to everybody what it meant in the request.
    private static func checkEcho(of id: RawID, as seen: Any?, in line: [UInt8]) {
        precondition(id.text.first.map { !"{[tf".utf8.contains($0) } ?? false, "an id is a string, a number or null")
        precondition(contains(line, id.text), "an id is echoed byte for byte")
        var answer: [UInt8] = []
        AnswerLine.success(id, result: "{}".utf8, to: &answer)
        precondition(
            answer == Array(#"{"jsonrpc":"2.0","id":"#.utf8) + id.text + Array(#","result":{}}"#.utf8) + [0x0A])
        checkIsLine(answer)
        if let seen {
            let echoed = (foundation(answer.dropLast()) as? [String: Any])?["id"]
            precondition((echoed as? NSObject) == (seen as? NSObject), "Foundation reads the same id in the answer")
        }
        guard
            case .result(let back, let result)? = try? ServerLine.parse(
                answer.dropLast(), depthMax: LineChecks.depthMax)
        else { preconditionFailure("a client can read the answer") }
        precondition(back == id && result.elementsEqual("{}".utf8), "a client reads what was sent")
    }

    private static func check(refusal error: RPCError, to id: RawID, in line: [UInt8]) {
        precondition(id == .null || contains(line, id.text), "an id is echoed byte for byte")
        var answer: [UInt8] = []
        AnswerLine.failure(id, error, to: &answer)
        checkIsLine(answer)
        precondition(answer.count <= id.text.count + errorBytesMax, "an error is short, whatever was sent")
    }

    /// The answers to a batch make one line, which has one for each request that wants one.
    private static func check(batch messages: [Result<Request, InvalidRequest>]) {
        var batch = BatchAnswer()
        var count = 0
        for message in messages {
            switch message {
            case .failure(let invalid): batch.failure(invalid.id, invalid.error)
            case .success(let request):
                guard let id = request.id else { continue }
                batch.success(id, result: "{}".utf8)
            }
            count += 1
        }
        var answer: [UInt8] = []
        batch.finish(to: &answer)
        guard count > 0 else { return precondition(answer.isEmpty, "notifications get no answer") }
        checkIsLine(answer)
        if let elements = foundation(answer.dropLast()) as? [Any] {
            precondition(elements.count == count, "each request has its answer")
        }
    }

    /// One line, and valid JSON by a reader that shares no code with the writer.
    private static func checkIsLine(_ answer: [UInt8]) {
        precondition(answer.firstIndex(of: 0x0A) == answer.count - 1, "an answer is one line")
        precondition(StrictJSON.summary(of: answer.dropLast(), .space) != nil, "an answer is JSON")
    }

    private static func contains(_ line: [UInt8], _ text: ArraySlice<UInt8>) -> Bool {
        line.count >= text.count && (0...line.count - text.count).contains { line[$0...].starts(with: text) }
    }
}
