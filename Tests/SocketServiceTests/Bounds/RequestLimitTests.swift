import SessionModel
import TestSupport
import Testing

@testable import SocketService

/// Requests that are too large, too many or too deep, at limits that are not the usual ones.
@Suite struct RequestLimitTests {
    private func identity(_ id: String, _ key: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"session.identity","params":{"session_key":"\#(key)"}}"#
    }

    @Test(
        "A batch with as many requests as allowed is answered, a larger one gets one error, and the connection goes on")
    func batch() async throws {
        var limits = Limits()
        limits.batchCountMax = 3
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        func batch(_ count: Int) -> String {
            "[" + (1...count).map { identity("\($0)", "known") }.joined(separator: ",") + "]\n"
        }
        try await client.send(batch(3) + batch(4) + "[1,2,3,4\n" + batch(1))
        #expect(try await client.line().matches(of: /"authenticated":true/).count == 3)
        #expect(
            try await client.line()
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request","data":{"limit_requests":3}}}"#
        )
        #expect(try await client.line().contains("-32700"), "a line that is no JSON is told as such")
        #expect(try await client.line().hasPrefix("[{"))
        #expect(rig.figures.values.requests == 6, "nothing of a batch that is too large is looked at")
    }

    @Test(
        "A line as long and as deep as allowed is answered, a deeper one is refused, a longer one ends the connection")
    func size() async throws {
        var limits = Limits()
        (limits.requestBytesMax, limits.jsonDepthMax) = (4096, 4)
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        func deep(_ depth: Int) -> String {
            let nested = String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
            return identity("1", "known").dropLast() + #","x":\#(nested)}"#
        }
        func long(_ count: Int) -> String {
            let line = identity("1", "known")
            return line + String(repeating: " ", count: count - line.utf8.count)
        }
        try await client.send([deep(4), deep(5), long(4096), long(4097)].joined(separator: "\n"))
        #expect(try await client.line().contains("true"))
        #expect(try await client.line().contains("-32700"))
        #expect(try await client.line().contains("true"))
        #expect(try await client.line().contains(#""limit_bytes":4096"#))
        await #expect(throws: LineClient.Closed.self) { try await client.line() }
    }

    @Test(
        "What requests hold in memory while they wait is bounded: lines behind them are left unread, and all are answered"
    )
    func heldIDs() async throws {
        var limits = Limits()
        limits.unreadBytesMax = 64 * 1024
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        let count = 64
        let lines = (1...count).map { number in
            identity("\"\(number)-\(String(repeating: "x", count: 16_000))\"", "waits") + "\n"
        }
        let sending = Task { try await client.send(lines.joined()) }
        var answers: [String] = []
        while answers.count < count {
            // Five ids are more than may be held, so the sixth line waits.
            let expected = min(5, count - answers.count)
            try await eventually("the next lookups") { rig.lookup.waitingCount >= expected }
            #expect(rig.lookup.waitingCount == expected)
            rig.lookup.release()
            answers += try await client.lines(expected)
        }
        #expect(Set(answers.compactMap { $0.firstMatch(of: /"id":"(\d+)-/).map { String($0.1) } }).count == count)
        try await sending.value
    }

    @Test("Answers that are complete only later are held up to a bound; what is beyond is overloaded, not lost")
    func heldBatches() async throws {
        var limits = Limits()
        (limits.unreadBytesMax, limits.answerBytesMax) = (64 * 1024, 256 * 1024)
        let rig = try await Rig(limits: limits)
        rig.log.append(count: 1000)
        let client = try rig.connect()
        let query = #"{"jsonrpc":"2.0","id":1,"method":"events.query","params":{"limit":200}}"#
        // Each waits for its last part, and has a page before.
        try await client.send((1...20).map { _ in "[\(query),\(identity("2", "waits"))]\n" }.joined())
        var answered = 0
        while answered < 20 {
            try await eventually("the next lookups") { rig.lookup.waitingCount > 0 }
            let waiting = rig.lookup.waitingCount
            #expect(waiting <= 16)
            rig.lookup.release()
            for line in try await client.lines(waiting) {
                #expect(line.hasPrefix("[{") && line.contains(#""id":1,"#) && line.contains(#""id":2,"#))
            }
            answered += waiting
        }
    }

    @Test("server.info tells the limits that hold")
    func info() async throws {
        var limits = Limits()
        (limits.connectionsMax, limits.batchCountMax) = (7, 3)
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        try await client.send(#"{"jsonrpc":"2.0","id":1,"method":"server.info"}"# + "\n")
        let info = try await client.line()
        for text in [
            #""connections_max":7"#, #""batch_count_max":3"#, #""unread_seconds_max":60"#, #""idle_seconds_max":null"#,
        ] { #expect(info.contains(text)) }
    }
}
