import NIOHTTP1
import SessionModel

/// One answer, before it is written.
struct Answer {
    var status: HTTPResponseStatus
    /// Besides those that every answer has.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Nothing more is read of the connection.
    var isLast = false

    /// A JSON text.
    static func json(_ status: HTTPResponseStatus, _ json: [UInt8]) -> Answer {
        Answer(status: status, headers: [("Content-Type", "application/json")], body: json + [0x0A])
    }

    /// A sentence for people.
    static func text(_ status: HTTPResponseStatus, _ sentence: String) -> Answer {
        Answer(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array("\(sentence)\n".utf8))
    }

    func with(_ name: String, _ value: String) -> Answer {
        var answer = self
        answer.headers.append((name, value))
        return answer
    }

    /// The same, and the end of its connection.
    var last: Answer {
        var answer = self
        answer.isLast = true
        return answer
    }
}

extension Answer {
    /// A right is missing; with what to do, since it is read in a browser.
    static func forbidden(_ missing: Rights, rights: Rights) -> Answer {
        let wanted = rights.union(missing).names.joined(separator: ",")
        return .text(
            .forbidden,
            "--http-rights does not hold \(missing.names.joined(separator: ", ")): start sessiond with --http-rights \(wanted) where whoever reaches this door may know that"
        )
    }
}
