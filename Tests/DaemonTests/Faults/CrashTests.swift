import SessiondClient
import TestSupport
import Testing

/// `kill -9` of Redis.
@Suite(.serialized) struct CrashTests {
    @Test("Redis crashes and comes back with its data: until then nothing is answered, and nobody was logged out")
    func kept() async throws {
        let rig = try await Rig(redis: PrivateRedis(persistence: .everyWrite))
        let (staying, leaving) = (Rig.newKey(), Rig.newKey())
        try await rig.watchingLookups { watch in
            try await watch.change([staying, leaving], to: "1") {
                try await rig.write(staying, Rig.payload(user: "1", extra: #","a":1"#))
                try await rig.write(leaving, Rig.payload(user: "1"))
            }
            try await watch.change(["nobodyshere"], to: nil) {}
            try await rig.waitForEvents("two logins") { $0.count { $0.type == .login } == 2 }
            try await rig.redis.kill()
            try await watch.waitForMore("unavailable") { $0.unavailable }
            let answered = watch.tally.authenticated + watch.tally.nobody
            try await watch.waitForMore("unavailable") { $0.unavailable }
            #expect(watch.tally.authenticated + watch.tally.nobody == answered)
            try await rig.redis.start()
            try await watch.change([leaving], to: nil) { try await rig.delete(leaving) }
            try await rig.waitForLink("live")
            try await watch.waitForMore("logged in") { $0.authenticated }
        }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: staying) == ["login created"])
        let left = try await rig.told(of: leaving)
        #expect(left == ["login created", "logout missing"] || left == ["login created", "logout deleted"])
    }

    @Test("Redis crashes and comes back empty: nobody of before is answered, and everybody is told to be missing")
    func lost() async throws {
        let rig = try await Rig()
        let keys = try await rig.fill(20)
        try await rig.waitForSessions(keys.count)
        try await rig.watchingLookups { watch in
            let watched = Array(keys.prefix(4))
            for key in watched { try await watch.change([key], to: key) {} }
            try await watch.waitForMore("logged in") { $0.authenticated }
            try await watch.change(watched, to: nil) { try await rig.redis.kill() }
            try await rig.redis.start()
            let next = Rig.newKey()
            try await watch.change([next], to: "2") { try await rig.write(next, Rig.payload(user: "2")) }
            try await watch.waitForMore("nobody") { $0.nobody }
        }
        try await rig.expectCoherence()
        for key in keys { #expect(try await rig.told(of: key) == ["login created", "logout missing"]) }
    }

    /// What happens in the middle of a scan.
    enum Interruption: CaseIterable {
        case crashWithData, crashWithoutData, askingLost
    }

    /// How many bytes of the replies come through before: a part of the keys, or all keys and a part of their values.
    private static let places = [50_000, 300_000]

    @Test(
        "A scan of thousands of sessions is interrupted and done anew, to the end", arguments: Interruption.allCases,
        places)
    func whileScanning(interruption: Interruption, place: Int) async throws {
        let redis = try await PrivateRedis(persistence: interruption == .crashWithData ? .everyWrite : .none)
        let proxy = try await FaultyProxy(to: redis)
        let rig = try await Rig(redis: redis, proxy: proxy)
        let count = 2000
        try await rig.fill(count)
        try await rig.waitForSessions(count)

        // A lost subscription makes it scan anew.
        try await proxy.treat([.asking], [.fromRedis], as: .hold(after: place))
        try await proxy.cut([.subscribing])
        try await eventually("the middle of the scan") { try await proxy.isHolding() }
        #expect(try await rig.client.status().link.state == "scanning")
        if interruption == .askingLost {
            try await proxy.cut([.asking])
        } else {
            try await redis.kill()
        }
        try await proxy.treat(as: .pass)
        if interruption != .askingLost { try await redis.start() }
        try await rig.expectCoherence()
        let logouts = try await rig.events().filter { $0.type == .logout }
        #expect(logouts.count == (interruption == .crashWithoutData ? count : 0))
        #expect(logouts.allSatisfy { $0.details.reason == "missing" })
    }
}
