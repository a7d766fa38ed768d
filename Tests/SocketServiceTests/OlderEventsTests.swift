import SessionModel
import Synchronization
import TestSupport
import Testing

@testable import SocketService

/// Subscriptions whose events are read from the log, which takes its time: those of the user `held` until it is released.
@Suite struct OlderEventsTests {
    private func subscribe(_ id: Int, _ params: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"events.subscribe","params":{\#(params)}}"# + "\n"
    }

    private func unsubscribe(_ id: Int, _ subscription: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"events.unsubscribe","params":{"subscription":\#(subscription)}}"#
            + "\n"
    }

    private static let held = #""user_id":"held","after":"""#

    /// A log of ten events, and a client's connection to it.
    private func connection() async throws -> (Rig, LineClient) {
        let rig = try await Rig(limits: .withoutBeats, log: FakeLog(isAlwaysOld: true))
        rig.log.append(count: 10)
        return (rig, try rig.connect())
    }

    /// The subscription and the sequence of an event's line.
    private func event(_ line: String) -> (subscription: Int, sequence: Int)? {
        guard let match = line.firstMatch(of: /"subscription":(\d+),"event".*?"id":"[0-9a-f]{16}-([0-9a-f]{16})"/),
            let subscription = Int(match.1), let sequence = Int(match.2, radix: 16)
        else { return nil }
        return (subscription, sequence)
    }

    @Test("A reading that takes long holds up neither other subscriptions of its connection nor its answers")
    func slow() async throws {
        let (rig, client) = try await connection()
        try await client.send(subscribe(1, Self.held) + subscribe(2, #""after":"""#))
        #expect(try await client.lines(2).allSatisfy { $0.contains("result") })
        for sequence in 1...10 {
            let (subscription, found) = try #require(event(try await client.line()))
            #expect(subscription == 2 && found == sequence)
        }
        rig.log.append(count: 5)
        for sequence in 11...15 { #expect(event(try await client.line())?.sequence == sequence) }
        try await client.send(#"{"jsonrpc":"2.0","id":3,"method":"server.info"}"# + "\n")
        #expect(try await client.line().contains(#""id":3"#))
        #expect(rig.log.heldCount == 1)
        for page in [1...10, 11...15] {
            try await eventually("the reading") { rig.log.heldCount == 1 }
            rig.log.release()
            for sequence in page {
                let (subscription, found) = try #require(event(try await client.line()))
                #expect(subscription == 1 && found == sequence)
            }
        }
    }

    @Test("What is read for a subscription that was ended meanwhile goes to nobody, least of all to the next one")
    func ended() async throws {
        let (rig, client) = try await connection()
        try await client.send(subscribe(1, Self.held))
        _ = try await client.line()
        try await eventually("the reading") { rig.log.heldCount == 1 }
        try await client.send(unsubscribe(2, 1) + subscribe(3, #""after":"""#))
        #expect(try await client.lines(2).allSatisfy { $0.contains("result") })
        rig.log.release()
        for sequence in 1...10 {
            let (subscription, found) = try #require(event(try await client.line()))
            #expect(subscription == 2 && found == sequence)
        }
        try await client.send(#"{"jsonrpc":"2.0","id":4,"method":"server.info"}"# + "\n")
        #expect(try await client.line().contains(#""id":4"#))
    }

    @Test("A connection that is gone when its reading ends leaves nothing behind")
    func gone() async throws {
        let (rig, client) = try await connection()
        try await client.send(subscribe(1, Self.held))
        _ = try await client.line()
        try await eventually("the reading") { rig.log.heldCount == 1 }
        client.hangUp()
        try await eventually("the end") { rig.figures.connections.load(ordering: .relaxed) == 0 }
        rig.log.release()
        #expect(rig.figures.subscriptions.load(ordering: .relaxed) == 0 && rig.log.watcherCount == 0)
        let other = try rig.connect()
        try await other.send(subscribe(1, #""after":"""#))
        #expect(event(try await other.lines(2)[1])?.sequence == 1)
    }

    @Test("A reading whose events are gone ends its subscription with the error, and no other one")
    func lost() async throws {
        let (rig, client) = try await connection()
        try await client.send(subscribe(1, Self.held) + subscribe(2, #""after":"0000000000000001-000000000000000a""#))
        _ = try await client.lines(2)
        try await eventually("the reading") { rig.log.heldCount == 1 }
        rig.log.release(.positionLost(PositionLost(oldest: EventID(run: 1, sequence: 4))))
        let closed = try await client.line()
        #expect(closed.contains(#""events.closed""#) && closed.contains(#""subscription":1"#))
        #expect(closed.contains("-32003") && closed.contains("0000000000000001-0000000000000004"))
        rig.log.append()
        #expect(event(try await client.line()).map { [$0.subscription, $0.sequence] } == [2, 11])
        #expect(rig.figures.subscriptions.load(ordering: .relaxed) == 1)
        try await client.send(unsubscribe(3, 1))
        #expect(try await client.line().contains(#""result":{}"#))
    }

    @Test("A log that cannot be read ends no subscription: it goes on where it was when the log says that it can")
    func unreadable() async throws {
        let (rig, client) = try await connection()
        try await client.send((1...3).map { subscribe($0, Self.held) }.joined())
        _ = try await client.lines(3)
        try await eventually("the readings") { rig.log.heldCount == 3 }
        rig.log.release(.unreadable("the disk fails"))
        try await client.send(#"{"jsonrpc":"2.0","id":4,"method":"server.info"}"# + "\n")
        #expect(try await client.line().contains(#""id":4"#))
        #expect(rig.figures.subscriptions.load(ordering: .relaxed) == 3 && rig.log.heldCount == 0)
        rig.log.append()
        try await eventually("the readings") { rig.log.heldCount == 3 }
        rig.log.release()
        let lines = try await client.lines(33)
        for subscription in 1...3 {
            #expect(lines.compactMap(event).filter { $0.subscription == subscription }.map(\.sequence) == Array(1...11))
        }
    }

    @Test("Events that are added while an older page is read come behind it, each once")
    func meanwhile() async throws {
        let (rig, client) = try await connection()
        try await client.send(subscribe(1, Self.held))
        _ = try await client.line()
        for _ in 0..<5 {
            try await eventually("the reading") { rig.log.heldCount == 1 }
            rig.log.append(count: 200)
            rig.log.release()
        }
        let releasing = Task {
            while !Task.isCancelled {
                rig.log.release()
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        var heard: [Int] = []
        while heard.count < 1010 {
            if let sequence = event(try await client.line())?.sequence { heard.append(sequence) }
        }
        releasing.cancel()
        #expect(heard == Array(1...1010))
    }

    @Test("A subscription of a batch waits for the batch's answer, however fast its events are read")
    func batch() async throws {
        let (_, client) = try await connection()
        let line = subscribe(1, #""after":"""#).dropLast()
        try await client.send("[\(line),\(#"{"jsonrpc":"2.0","id":2,"method":"session.list"}"#)]\n")
        #expect(try await client.line().hasPrefix("["))
        for sequence in 1...10 { #expect(event(try await client.line())?.sequence == sequence) }
    }

    @Test("A heartbeat tells every subscription of an interruption, of another cause of it, and of its end")
    func interruptions() async throws {
        let (rig, client) = try await connection()
        try await client.send((1...2).map { subscribe($0, "") }.joined())
        _ = try await client.lines(2)
        for cause in ["full", "read-only", nil] {
            rig.log.interrupt(cause.map { JournalInterruption(since: 0, cause: $0) })
            for line in try await client.lines(2) {
                #expect(line.contains("events.heartbeat"))
                #expect(cause.map { line.contains(#""interrupted":"\#($0)""#) } ?? !line.contains("interrupted"))
            }
        }
    }
}
