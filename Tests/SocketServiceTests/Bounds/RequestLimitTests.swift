import Dispatch
import NIOCore
import NIOPosix
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
        "A batch is answered with the largest limits that can be set: room is kept for what it asks, not for what it could have asked"
    )
    func largestBatch() async throws {
        var limits = Limits()
        (limits.requestBytesMax, limits.batchCountMax) = (16 * 1024 * 1024, Limits.batchCountBound)
        limits.unfinishedLineMilliseconds = 0
        #expect(limits.batchCountMax * 256 < limits.answerBytesMax)
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        let long = identity("\"\(String(repeating: "x", count: 100_000))\"", "known")
        try await client.send("[\(identity("1", "known")),\(long)]\n")
        #expect(try await client.line().matches(of: /"authenticated":true/).count == 2)
        // More than the default allows.
        let count = 1500
        try await client.send("[" + (1...count).map { identity("\($0)", "known") }.joined(separator: ",") + "]\n")
        #expect(try await client.line().matches(of: /"authenticated":true/).count == count)
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

    @Test("Answers that come all at once are held up to a bound; each beyond it is overloaded, and none is lost")
    func heldAnswers() async throws {
        var limits = Limits()
        (limits.unreadBytesMax, limits.answerBytesMax) = (64 * 1024, 256 * 1024)
        let rig = try await Rig(limits: limits)
        rig.log.append(count: 1000)
        let client = try rig.connect()
        let params = #"{"user_id":"held","limit":300}"#
        let lines = (1...16).map {
            #"{"jsonrpc":"2.0","id":\#($0),"method":"events.query","params":\#(params)}"# + "\n"
        }
        try await client.send(lines.joined())
        try await eventually("the readings") { rig.log.heldCount == 16 }
        // The loop finds all of them at the same time.
        let gate = DispatchSemaphore(value: 0)
        rig.group.next().execute { gate.wait() }
        rig.log.release()
        gate.signal()
        let answers = try await client.lines(16)
        let (results, refusals) = (answers.filter { $0.contains("result") }, answers.filter { $0.contains("-32004") })
        #expect(results.count + refusals.count == 16 && !results.isEmpty && !refusals.isEmpty)
        #expect(results.map(\.utf8.count).reduce(0, +) <= limits.heldBytesMax)
        try await client.send(identity("17", "known") + "\n")
        #expect(try await client.line().contains("true"))
    }

    @Test("A batch that waits for its last answer holds others up once it holds much, and all are answered")
    func heldBatches() async throws {
        var limits = Limits()
        limits.unreadBytesMax = 64 * 1024
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        // The answers from memory repeat their long ids, and wait for the one that Redis gives.
        let known = (1...3).map { identity("\"\($0)\(String(repeating: "x", count: 12_000))\"", "known") }
        let batch = "[\((known + [identity("4", "waits")]).joined(separator: ","))]\n"
        let sending = Task { try await client.send(String(repeating: batch, count: 10)) }
        for _ in 0..<5 {
            try await eventually("the next lookups") { rig.lookup.waitingCount >= 2 }
            #expect(rig.lookup.waitingCount == 2, "two of them hold more than may be held")
            rig.lookup.release()
            for line in try await client.lines(2) { #expect(line.matches(of: /"jsonrpc"/).count == 4) }
        }
        try await sending.value
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
