import SessiondClient
import TestSupport
import Testing

/// Redis followed by CLIENT TRACKING, alone or beside keyspace notifications.
@Suite struct TrackingTests {
    @Test(
        "By tracking alone a session's life is told, Redis's configuration is left alone, and what is not told is said")
    func trackingAlone() async throws {
        let rig = try await Rig(options: ["--invalidation", "tracking"])
        let link = try await rig.client.status().link
        #expect(link.invalidation == "tracking" && link.notifications == "unused")
        #expect(link.cannotTell == ["reasons", "swapdb"])
        let flags = try await rig.redis.command("CONFIG", "GET", "notify-keyspace-events")
        #expect(flags == "notify-keyspace-events\n")

        let (deleted, expiring, flushed) = (Rig.newKey(), Rig.newKey(), Rig.newKey())
        try await rig.write(deleted, Rig.payload(user: "1"))
        try await rig.write(expiring, Rig.payload(user: "2"), seconds: 1)
        try await rig.write(flushed, Rig.payload(user: "3"))
        try await rig.waitForEvents("three logins") { $0.count { $0.type == .login } == 3 }
        #expect(try await rig.client.status().link.isProven)
        try await rig.delete(deleted)
        try await rig.waitForEvents("two ends") { $0.count { $0.type == .logout } == 2 }
        #expect(try await rig.told(of: deleted) == ["login created", "logout deleted"])
        #expect(try await rig.told(of: expiring) == ["login created", "logout expired"])
        try await rig.redis.command("FLUSHALL")
        try await rig.waitForEvents("the flush") { $0.count { $0.type == .logout } == 3 }
        #expect(try await rig.told(of: flushed) == ["login created", "logout flushed"])
        try await rig.expectCoherence()
        #expect(try await rig.client.status().cache.staleFound == 0)
    }

    @Test("Where notifications are off and may not be turned on, tracking is used, and memory is believed at once")
    func fallback() async throws {
        let redis = try await PrivateRedis(options: ["--rename-command", "CONFIG", ""])
        let rig = try await Rig(redis: redis)
        #expect(try await rig.client.status().link.invalidation == "tracking")
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"))
        try await eventually("an answer from memory") {
            let before = try await rig.client.status().cache.hits
            let identity = try await rig.identity(key)
            let after = try await rig.client.status().cache.hits
            return identity.userID == "1" && after > before
        }
        try await rig.delete(key)
        try await rig.waitForEvents("the logout") { $0.contains { $0.type == .logout } }
        try await rig.expectCoherence()
    }

    @Test("A rotation is told as one by tracking, too")
    func rotation() async throws {
        let rig = try await Rig(options: ["--invalidation", "tracking"])
        let (old, new) = (Rig.newKey(), Rig.newKey())
        try await rig.write(old, Rig.payload(user: "1", passwordHash: "old"))
        try await rig.waitForEvents("the login") { $0.contains { $0.type == .login } }
        try await rig.run(
            Rig.setLine(new, Rig.payload(user: "1", passwordHash: "old")), "DEL django_sessions:\(old)",
            Rig.setLine(new, Rig.payload(user: "1", passwordHash: "new"))
        )
        try await rig.waitForEvents("the rotation") { $0.contains { $0.details.reason == "rotated" } }
        #expect(try await rig.told(of: new) == ["login rotated"])
        try await rig.expectCoherence()
    }

    @Test("Tracking that somebody turns off is turned on again, and what changed meanwhile is told")
    func killed() async throws {
        let rig = try await Rig(options: ["--invalidation", "tracking", "--ping-interval", "0.2"])
        let (before, after) = (Rig.newKey(), Rig.newKey())
        try await rig.write(before, Rig.payload(user: "1"))
        try await rig.waitForEvents("the login") { $0.contains { $0.type == .login } }
        // The connection that turned it on goes, and with it the tracking.
        let clients = try await rig.redis.command("CLIENT", "LIST").split(separator: "\n")
        let asking = try #require(clients.first { $0.contains("name=sessiond-ask") })
        let id = try #require(asking.split(separator: " ").first?.dropFirst(3))
        try await rig.redis.command("CLIENT", "KILL", "ID", String(id))
        try await rig.delete(before)
        try await rig.write(after, Rig.payload(user: "2"))
        try await rig.waitForEvents("both") { events in
            events.contains { $0.type == .logout } && events.contains { $0.details.userID == "2" }
        }
        try await rig.expectCoherence()
    }

    @Test("A flush of another database logs nobody out, and has nothing read again but one session")
    func flushElsewhere() async throws {
        let rig = try await Rig()
        try await eventually("tracking") { try await rig.client.status().link.cannotTell == ["swapdb"] }
        let keys = try await rig.fill(50, of: "1", prefix: "kept")
        try await rig.waitForEvents("the logins") { $0.count { $0.type == .login } == keys.count }
        let epoch = try await rig.client.status().link.epoch
        try await rig.redis.run(["SELECT 7", "SET elsewhere 1", "FLUSHDB"])
        try await eventually("the proof") { try await rig.client.status().link.isProven }
        #expect(try await rig.client.status().link.epoch == epoch)
        #expect(try await !rig.events().contains { $0.type == .logout })
        try await rig.expectCoherence()
    }
}

extension TrackingTests {
    @Test("While the connection that turned tracking on is away, nobody is answered beyond --max-staleness")
    func askingAway() async throws {
        let redis = try await PrivateRedis()
        let proxy = try await FaultyProxy(to: redis)
        let rig = try await Rig(
            redis: redis, proxy: proxy, options: ["--invalidation", "tracking", "--link-timeout", "1"]
        )
        let (leaving, staying) = (Rig.newKey(), Rig.newKey())
        for key in [leaving, staying] { try await rig.write(key, Rig.payload(user: "1")) }
        try await rig.waitForEvents("the logins") { $0.count { $0.type == .login } == 2 }
        try await rig.watchingLookups { watch in
            try await watch.change([leaving, staying], to: "1") {}
            try await proxy.treat([.asking], as: .vanish)
            try await rig.waitForLink("lost")
            // The subscribing connection still answers; what it answers proves nothing.
            try await watch.change([leaving], to: nil) { try await rig.delete(leaving) }
            try await watch.waitForMore("unavailable") { $0.unavailable }
            try await proxy.treat([.asking], as: .pass)
            try await rig.waitForLink("live")
            try await watch.waitForMore("logged in") { $0.authenticated }
        }
        try await rig.expectCoherence()
    }
}
