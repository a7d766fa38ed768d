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
        var limits = Limits()
        limits.subscriptionsPerUIDMax = 3
        let rig = try await Rig(limits: limits)
        let (first, second) = (try rig.connect(), try rig.connect())
        let subscribe = #"{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}"# + "\n"
        try await first.send(subscribe + subscribe)
        _ = try await first.lines(2)
        try await second.send(subscribe + subscribe)
        #expect(try await second.lines(2).last?.contains("-32004") == true)
        try await second.send(#"{"jsonrpc":"2.0","id":1,"method":"events.unsubscribe","params":{"subscription":1}}"# + "\n")
        try await second.send(subscribe)
        #expect(try await second.lines(2).last?.contains("position") == true)
        first.hangUp()
        try await eventually("the end of the connection") { rig.figures.values.connections == 1 }
        try await second.send(subscribe + subscribe + subscribe)
        let answers = try await second.lines(3)
        #expect(answers.map { $0.contains("position") } == [true, true, false])
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
