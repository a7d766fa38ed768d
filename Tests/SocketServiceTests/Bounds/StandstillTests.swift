import SessionModel
import TestSupport
import Testing

@testable import SocketService

/// Peers that hold a real connection up are closed, and the others hear nothing of it.
@Suite struct StandstillTests {
    private let request =
        #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"known"}}"# + "\n"
    private let subscribe = #"{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}"# + "\n"
    private let query = #"{"jsonrpc":"2.0","id":1,"method":"events.query","params":{"limit":1000}}"# + "\n"

    /// A rig whose times are so short that a test reaches them.
    private func rig(_ change: (inout Limits) -> Void) async throws -> Rig {
        var limits = Limits()
        limits.unreadMilliseconds = 0
        limits.unfinishedLineMilliseconds = 0
        change(&limits)
        return try await Rig(limits: limits)
    }

    private func ask(_ client: LineClient) async throws {
        try await client.send(request)
        #expect(try await client.line().contains(#""authenticated":true"#))
    }

    @Test("A client that sends and never reads is left unread before long, and then closed")
    func neverReads() async throws {
        let rig = try await rig { $0.unreadMilliseconds = 200 }
        rig.log.append(count: 2000)
        let (witness, client) = (try rig.connect(), try rig.connect())
        try await ask(witness)
        // More than any buffer holds: it ends when the daemon has closed.
        let lines = String(repeating: query, count: 500)
        try await eventually("the end of the connection") {
            try await client.send(lines)
            return rig.figures.values.slowPeers == 1
        }
        // What it was answered is bounded by what may wait, and what the two sockets hold.
        #expect(rig.figures.values.requests < 500)
        try await ask(witness)
        try await eventually("the end of the connection") { rig.figures.values.connections == 1 }
    }

    @Test("A subscriber that never reads is closed")
    func deafSubscriber() async throws {
        let rig = try await rig { $0.unreadMilliseconds = 200 }
        let (witness, client) = (try rig.connect(), try rig.connect())
        try await client.send(subscribe)
        _ = try await client.line()
        try await eventually("the end of the connection") {
            rig.log.append(count: 500)
            return rig.figures.values.slowPeers == 1
        }
        try await ask(witness)
        try await eventually("the end of its subscription") { rig.figures.values.subscriptions == 0 }
    }

    @Test("A client that begins a line and does not end it is closed, one that ends its lines is not")
    func unfinishedLine() async throws {
        let rig = try await rig { $0.unfinishedLineMilliseconds = 200 }
        let (witness, client) = (try rig.connect(), try rig.connect())
        try await ask(witness)
        try await ask(client)
        try await client.send(request + #"{"jsonrpc":"2.0","#)
        _ = try await client.line()
        await #expect(throws: LineClient.Closed.self) { try await client.line() }
        #expect(rig.figures.values.unfinishedLines == 1)
        try await ask(witness)
    }

    @Test("A connection on which nothing comes is closed where that is wanted, one with a subscription is not")
    func idle() async throws {
        let rig = try await rig { $0.idleMilliseconds = 2000 }
        let (subscriber, waiting) = (try rig.connect(), try rig.connect())
        try await subscriber.send(subscribe)
        try await waiting.send(request.replacing("known", with: "waits"))
        _ = try await subscriber.line()
        let client = try rig.connect()
        await #expect(throws: LineClient.Closed.self) { try await client.line() }
        #expect(rig.figures.values.idlePeers == 1)
        rig.log.append()
        #expect(try await subscriber.line().contains(#""method":"event""#))
        rig.lookup.release()
        #expect(try await waiting.line().contains("unknown"))
        await #expect(throws: LineClient.Closed.self) { try await waiting.line() }
    }
}
