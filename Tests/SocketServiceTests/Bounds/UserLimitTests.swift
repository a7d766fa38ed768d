import SessionModel
import TestSupport
import Testing

@testable import SocketService

/// What all connections of one user may cost together.
@Suite struct UserLimitTests {
    private func identity(_ id: Int, _ key: String = "waits") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"session.identity","params":{"session_key":"\#(key)"}}"# + "\n"
    }

    @Test("A user's requests that wait are counted over all connections, also over those that are gone")
    func waiting() async throws {
        var limits = Limits()
        limits.requestsInFlightPerUIDMax = 3
        let rig = try await Rig(limits: limits)
        let (first, second) = (try rig.connect(), try rig.connect())
        try await first.send(identity(1) + identity(2))
        try await eventually("the lookups") { rig.lookup.waitingCount == 2 }
        try await second.send(identity(3) + identity(4) + identity(5, "known"))
        let answers = [try await second.line(), try await second.line()]
        #expect(answers[0].contains(#""id":4,"error":{"code":-32004"#))
        #expect(answers[1].contains("true"), "what is in memory waits for nothing")
        first.hangUp()
        try await eventually("the end of the connection") { rig.figures.values.connections == 1 }
        try await second.send(identity(6))
        #expect(try await second.line().contains("-32004"), "its requests are still under way")
        rig.lookup.release()
        #expect(try await second.line().contains(#""id":3,"result""#))
        try await second.send(identity(7) + identity(8) + identity(9))
        try await eventually("the next lookups") { rig.lookup.waitingCount == 3 }
        rig.lookup.release()
        #expect(try await second.lines(3).allSatisfy { $0.contains("unknown") })
    }

    @Test("A user's subscriptions are counted over all connections, and one that ends makes room")
    func subscriptions() async throws {
        var limits = Limits.withoutBeats
        limits.subscriptionsPerUIDMax = 3
        let rig = try await Rig(limits: limits)
        let (first, second) = (try rig.connect(), try rig.connect())
        let subscribe = #"{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}"# + "\n"
        try await first.send(subscribe + subscribe)
        _ = try await first.lines(2)
        try await second.send(subscribe + subscribe)
        #expect(try await second.lines(2).last?.contains("-32004") == true)
        try await second.send(
            #"{"jsonrpc":"2.0","id":1,"method":"events.unsubscribe","params":{"subscription":1}}"# + "\n")
        try await second.send(subscribe)
        #expect(try await second.lines(2).last?.contains("position") == true)
        first.hangUp()
        try await eventually("the end of the connection") { rig.figures.values.connections == 1 }
        try await second.send(subscribe + subscribe + subscribe)
        let answers = try await second.lines(3)
        #expect(answers.map { $0.contains("position") } == [true, true, false])
    }

    @Test("A user's unread output is counted over all connections: large answers are overloaded, small ones are given")
    func heldOutput() async throws {
        var limits = Limits.withoutBeats
        limits.unreadBytesPerUIDMax = 640 * 1024
        let rig = try await Rig(limits: limits)
        rig.log.append(count: 1000)
        let (deaf, other) = (try rig.connect(), try rig.connect())
        func query(_ id: Int) -> String {
            #"{"jsonrpc":"2.0","id":\#(id),"method":"events.query","params":{"limit":1000}}"# + "\n"
        }
        try await other.send(query(0))
        #expect(try await other.line().utf8.count > 150 * 1024)
        var count = 0
        try await eventually("the user's share to be used up") {
            count += 1
            try await deaf.send(query(count))
            try await other.send(query(0))
            return try await other.line().contains("-32004")
        }
        for id in 1...100 {
            try await other.send(identity(id, "known"))
            #expect(try await other.line().contains("true"))
        }
        #expect(rig.figures.accounts.totals.heldBytes.count <= limits.unreadBytesPerUIDMax)
        // Each has its answer, be it that there was no room.
        let answers = try await deaf.lines(count)
        #expect(Set(answers.compactMap { $0.prefix(40).firstMatch(of: /"id":(\d+)/)?.1 }).count == count)
        try await eventually("room again") {
            try await other.send(query(0))
            return try await other.line().contains("result")
        }
        #expect(rig.figures.accounts.totals.heldBytes.count == 0)
        try await deaf.send((1...10).map(query).joined())
        try await eventually("something to wait") { rig.figures.accounts.totals.heldBytes.count > 0 }
        deaf.hangUp()
        try await eventually("what was held for it to be given back") {
            rig.figures.accounts.totals.heldBytes.count == 0
        }
    }

    @Test("Many who do not read hold no more together than their user may have, and are served when they read")
    func manyDeaf() async throws {
        var limits = Limits.withoutBeats
        limits.unreadBytesPerUIDMax = 256 * 1024
        (limits.unreadMilliseconds, limits.unfinishedLineMilliseconds) = (0, 0)
        let rig = try await Rig(limits: limits)
        rig.log.append(count: 1000)
        let clients = try (0..<6).map { _ in try rig.connect() }
        let id = String(repeating: "x", count: 30_000)
        // Refusals are short, but their ids need not be.
        let lines = String(repeating: #"{"jsonrpc":"2.0","id":"\#(id)","method":"no.such"}"# + "\n", count: 24)
        let subscribe = #"{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"after":""}}"# + "\n"
        let sending = clients.map { client in
            Task { try await client.send(subscribe + lines) }
        }
        try await eventually("the share to be used up") {
            rig.figures.accounts.totals.heldBytes.count > limits.unreadBytesPerUIDMax / 2
        }
        #expect(rig.figures.accounts.totals.heldBytes.count <= limits.unreadBytesPerUIDMax)
        for (client, sent) in zip(clients, sending) {
            var (events, refusals) = (0, 0)
            while events < 1000 || refusals < 24 {
                let line = try await client.line()
                if line.contains(#""method":"event""#) { events += 1 }
                if line.contains("-32601") { refusals += 1 }
            }
            try await sent.value
        }
    }

    @Test("What a user has is counted once for the user and once for all, and what does not fit is not counted")
    func share() {
        let all = Tally()
        let (anna, ben) = (Share(max: 3, of: all, max: 4), Share(max: 3, of: all, max: 4))
        #expect(anna.take(3))
        #expect(!anna.take())
        #expect(ben.take())
        #expect(!ben.take())
        #expect(all.count == 4)
        anna.give(2)
        #expect(ben.take(2))
        #expect(!ben.take())
        ben.give(3)
        anna.give()
        #expect(all.count == 0)
    }

    @Test("An account is kept while somebody uses it, and shared")
    func accounts() {
        var limits = Limits()
        limits.requestsInFlightPerUIDMax = 2
        let accounts = UserAccounts()
        var held: UserAccount? = accounts.account(of: 1, limits)
        #expect(accounts.account(of: 1, limits) === held)
        #expect(accounts.account(of: 2, limits) !== held)
        #expect(held?.waiting.take(2) == true)
        #expect(!accounts.account(of: 1, limits).waiting.take())
        held?.waiting.give(2)
        held = nil
        #expect(accounts.account(of: 1, limits).waiting.take(2))
    }
}
