import Foundation
import SessiondClient
import TestSupport
import Testing

/// What the daemon does while Redis is away, wrong or changed, and how it comes back.
@Suite struct HealingTests {
    private func isUnavailable(_ client: SessiondConnection, _ key: String) async -> Bool {
        do {
            _ = try await client.identity(of: key)
            return false
        } catch {
            return "\(error)".contains("cannot answer now")
        }
    }

    @Test("A Redis that is not there is named, and when it comes the daemon gets ready")
    func lateRedis() async throws {
        let redis = try await PrivateRedis()
        try await redis.stop()
        let daemon = try DaemonProcess(redisURL: redis.url())
        try await daemon.waitForLog("no Redis at \(redis.socketPath)")
        let client = try await daemon.connect()
        #expect(await isUnavailable(client, "abcdefgh"))
        try await redis.start()
        try await daemon.waitUntilReady()
        #expect(try await client.identity(of: "abcdefgh").reason == .unknown)
    }

    @Test("A wrong password, a missing password and a wrong database are named")
    func refused() async throws {
        let redis = try await PrivateRedis(options: ["--requirepass", "right"])
        let path = redis.socketPath
        for (url, words) in [
            ("unix://:wrong@\(path)?db=0", "refused the user name or password"),
            ("unix://\(path)?db=0", "wants a password"),
            ("unix://:right@\(path)?db=99", "no such database"),
        ] {
            let daemon = try DaemonProcess(redisURL: url)
            try await daemon.waitForLog(words)
            #expect(!daemon.log.contains("wrong@") && !daemon.log.contains("right@"))
            #expect(try await daemon.stop() == 0)
        }
        let daemon = try DaemonProcess(redisURL: "unix://:right@\(path)?db=3")
        try await daemon.waitUntilReady()
    }

    @Test("A wrong SECRET_KEY is found at the start and said, nobody is called nobody, and it heals")
    func wrongSecretKey() async throws {
        let rig = try await Rig()
        let keys = (0..<3).map { _ in Rig.newKey() }
        for key in keys { try await rig.write(key, Rig.payload(user: "1")) }
        let other = try DaemonProcess(redisURL: rig.redis.url(), secretKeys: ["another key"])
        try await other.waitForLog("most sessions fail their signature (3 of 3)")
        #expect(!other.log.contains("\nready"))
        let client = try await other.connect()
        #expect(try await client.status().link.state == "distrusted")
        #expect(await isUnavailable(client, keys[0]))
        for key in keys { try await rig.write(key, Rig.payload(user: "1"), secretKey: "another key") }
        try await other.waitUntilReady()
        #expect(try await client.identity(of: keys[0]).userID == "1")
        let page = try await client.events(limit: 1000)
        #expect(!page.events.contains { $0.type == .logout })
    }

    @Test("A restart of Redis: nothing unproven is answered, flags are set again, what went unseen becomes events")
    func restart() async throws {
        let rig = try await Rig()
        let (lost, back) = (Rig.newKey(), Rig.newKey())
        try await rig.write(lost, Rig.payload(user: "1"))
        try await rig.write(back, Rig.payload(user: "2"))
        try await eventually("both logins") { try await rig.identity(back).isAuthenticated }
        try await rig.waitForEvents("two logins") { $0.count { $0.type == .login } == 2 }

        try await rig.redis.kill()
        try await eventually("the loss to be noticed") { await self.isUnavailable(rig.client, lost) }
        #expect(await isUnavailable(rig.client, back))

        // It comes back empty, and without flags.
        try await rig.redis.start()
        try await rig.write(back, Rig.payload(user: "2"))
        let events = try await rig.waitForEvents("the link to be live again") { events in
            events.contains { $0.type == .link && $0.details.state == "live" }
        }
        #expect(events.filter { $0.type == .link }.compactMap(\.details.state) == ["lost", "live"])
        #expect(try await rig.identity(lost).reason == .unknown)
        #expect(try await rig.identity(back).userID == "2")
        let flags = try await rig.redis.command("CONFIG", "GET", "notify-keyspace-events")
        #expect(Set("Kg$xe").isSubset(of: flags.split(separator: "\n").last ?? ""))
        let logout = events.first { $0.type == .logout && $0.subject == Rig.fingerprint(lost) }
        #expect(logout?.details.reason == "missing")
    }

    @Test("A paused Redis: the cache is believed for --max-staleness, then nothing is")
    func paused() async throws {
        let rig = try await Rig(options: ["--link-timeout", "1"])
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"))
        try await eventually("the login") { try await rig.identity(key).isAuthenticated }
        rig.redis.signal(SIGSTOP)
        try await eventually("unavailable") { await self.isUnavailable(rig.client, key) }
        rig.redis.signal(SIGCONT)
        try await eventually("the answer") {
            let identity = try? await rig.client.identity(of: key)
            return identity?.isAuthenticated ?? false
        }
    }

    @Test("Where CONFIG is forbidden it says what to set, and believes the cache once changes are announced")
    func configForbidden() async throws {
        let redis = try await PrivateRedis()
        try await redis.command(
            "ACL", "SETUSER", "reader", "on", ">pw", "~django_sessions:*", "&__keyspace@0__:django_sessions:*", "+@all",
            "-config"
        )
        let daemon = try DaemonProcess(
            redisURL: "unix://reader:pw@\(redis.socketPath)?db=0", options: ["--invalidation", "keyspace"]
        )
        try await daemon.waitUntilReady()
        try await daemon.waitForLog("notify-keyspace-events \"Kg$xe\"")
        let client = try await daemon.connect()
        #expect(try await client.status().link.notifications == "unverified")
        // Nothing is announced: every answer is Redis's own.
        let signer = DjangoSigner(secretKey: Rig.secretKey)
        let key = Rig.newKey()
        try await redis.command("SETEX", "django_sessions:\(key)", "600", value: signer.signing(Rig.payload(user: "5")))
        #expect(try await client.identity(of: key).userID == "5")
        try await redis.command("DEL", "django_sessions:\(key)")
        #expect(try await client.identity(of: key).reason == .unknown)
        // An administrator sets the flags; the next login shows it.
        try await redis.command("CONFIG", "SET", "notify-keyspace-events", "KEA")
        try await redis.command("SETEX", "django_sessions:\(key)", "600", value: signer.signing(Rig.payload(user: "5")))
        try await eventually("the proof") { try await client.status().link.notifications == "verified" }
        #expect(try await redis.command("CONFIG", "GET", "notify-keyspace-events").contains("A"))
    }

    @Test("With --no-configure-redis nothing is changed and the command to run is said")
    func noConfigure() async throws {
        let redis = try await PrivateRedis()
        let daemon = try DaemonProcess(
            redisURL: redis.url(), options: ["--no-configure-redis", "--invalidation", "keyspace"]
        )
        try await daemon.waitForLog("CONFIG SET notify-keyspace-events 'Kg$xe'")
        #expect(try await redis.command("CONFIG", "GET", "notify-keyspace-events") == "notify-keyspace-events\n")
        let client = try await daemon.connect()
        try await daemon.waitUntilReady()
        #expect(try await client.status().link.notifications == "missing")
        // All flags but one: what is heard proves nothing of the one that is missing.
        try await redis.command("CONFIG", "SET", "notify-keyspace-events", "Kg$x")
        let value = DjangoSigner(secretKey: Rig.secretKey).signing(Rig.payload(user: "5"))
        try await redis.command("SETEX", "django_sessions:\(Rig.newKey())", "600", value: value)
        try await eventually("the login") { try await client.status().sessions.authenticated == 1 }
        #expect(try await client.status().link.isProven == false)
        // The command that was advised mends it.
        try await redis.command("CONFIG", "SET", "notify-keyspace-events", "Kg$xe")
        try await eventually("the proof") {
            let link = try await client.status().link
            return link.notifications == "verified" && link.isProven
        }
    }

    @Test("Flags that are there are kept")
    func flagsKept() async throws {
        let redis = try await PrivateRedis(options: ["--notify-keyspace-events", "Elz"])
        let daemon = try DaemonProcess(redisURL: redis.url())
        try await daemon.waitUntilReady()
        let flags = try await redis.command("CONFIG", "GET", "notify-keyspace-events").split(separator: "\n").last ?? ""
        #expect(Set("ElzKg$xe") == Set(flags))
    }
}
