import SessiondClient
import TestSupport
import Testing

/// A Redis that answers, but not with what was asked.
@Suite(.serialized) struct RefusedServiceTests {
    @Test(
        "Redis loads its data for a while: it is said, nothing is answered, nobody is logged out, and no daemon gets ready"
    )
    func loading() async throws {
        let rig = try await Rig(redis: PrivateRedis(persistence: .everyWrite))
        let keys = try await rig.fill(1000)
        try await rig.waitForSessions(keys.count)
        try await rig.watchingLookups { watch in
            for key in keys.prefix(4) { try await watch.change([key], to: key) {} }
            try await watch.waitForMore("logged in") { $0.authenticated }
            // What is in a snapshot is loaded piece by piece, and between the pieces Redis answers.
            try await rig.redis.command("BGREWRITEAOF")
            try await eventually("the snapshot") {
                let lines = try await rig.redis.command("INFO", "persistence").split(whereSeparator: \.isNewline)
                return lines.contains("aof_rewrite_in_progress:0") && lines.contains("aof_rewrite_scheduled:0")
            }
            try await rig.redis.kill()
            // Three milliseconds for each key, between which it says that it loads.
            let slowly = ["--key-load-delay", "3000", "--loading-process-events-interval-bytes", "1024"]
            try rig.redis.launch(options: slowly)
            try await rig.daemon.waitForLog("Redis is still loading its data")
            let late = try DaemonProcess(redisURL: rig.redis.url())
            try await late.waitForLog("Redis is still loading its data")
            #expect(!late.log.contains("\nready"))
            try await watch.waitForMore("unavailable") { $0.unavailable }
            try await rig.redis.waitUntilReady()
            try await late.waitUntilReady()
            #expect(late.log.contains("ready: \(keys.count) sessions"))
            try await rig.waitForLink("live")
            try await watch.waitForMore("logged in") { $0.authenticated }
        }
        try await rig.expectCoherence()
        #expect(try await rig.events().allSatisfy { $0.type != .logout })
    }

    @Test("Redis wants a password from now on: it is said, nothing is answered, and it heals when it wants none again")
    func password() async throws {
        let rig = try await Rig()
        let (staying, leaving) = (Rig.newKey(), Rig.newKey())
        try await rig.watchingLookups { watch in
            try await watch.change([staying], to: "1") { try await rig.write(staying, Rig.payload(user: "1")) }
            try await rig.write(leaving, Rig.payload(user: "2"))
            try await rig.waitForEvents("two logins") { $0.count { $0.type == .login } == 2 }
            // Who is connected stays so; the daemon has to come again.
            try await rig.run("CONFIG SET requirepass secret", "CLIENT KILL TYPE normal", "CLIENT KILL TYPE pubsub")
            try await rig.daemon.waitForLog("Redis wants a password")
            try await watch.waitForMore("unavailable") { $0.unavailable }
            try await rig.run("AUTH secret", "DEL django_sessions:\(leaving)", "CONFIG SET requirepass \"\"")
            try await rig.waitForLink("live")
            try await watch.waitForMore("logged in") { $0.authenticated }
        }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: staying) == ["login created"])
        #expect(try await rig.told(of: leaving) == ["login created", "logout missing"])
        #expect(!rig.daemon.log.contains("secret "))
    }

    @Test("CONFIG is renamed away and the flags are set: after one login memory is believed, and all is told")
    func renamedConfig() async throws {
        let redis = try await PrivateRedis(
            options: ["--rename-command", "CONFIG", "", "--notify-keyspace-events", "KEA"]
        )
        let rig = try await Rig(redis: redis, options: ["--invalidation", "keyspace"])
        #expect(rig.daemon.log.contains("does not let this user read its configuration"))
        #expect(try await rig.client.status().link.notifications == "unverified")
        try await rig.fill(20)
        try await eventually("the proof") {
            let link = try await rig.client.status().link
            return link.notifications == "verified" && link.isProven
        }
        try await rig.delete("filled3")
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "filled3") == ["login created", "logout deleted"])
    }

    @Test("CONFIG is renamed away, nothing is announced and tracking is not wanted: every answer is Redis's own")
    func renamedConfigInSilence() async throws {
        let rig = try await Rig(
            redis: PrivateRedis(options: ["--rename-command", "CONFIG", ""]), options: ["--invalidation", "keyspace"]
        )
        let keys = try await rig.fill(10, of: "1")
        try await rig.watchingLookups { watch in
            try await watch.change(Array(keys.prefix(4)), to: "1") {}
            try await watch.waitForMore("logged in") { $0.authenticated }
            try await watch.change([keys[0]], to: nil) { try await rig.delete(keys[0]) }
            try await watch.waitForMore("nobody") { $0.nobody }
            #expect(watch.tally.unavailable == 0)
        }
        let status = try await rig.client.status()
        #expect(status.link.notifications == "unverified" && !status.link.isProven)
        #expect(status.cache.hits == 0)
    }
}
