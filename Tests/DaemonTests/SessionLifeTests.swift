import Foundation
import SessiondClient
import TestSupport
import Testing

/// Sessions as Django writes them, and what is answered and told of each.
@Suite struct SessionLifeTests {
    private func told(_ events: [SessiondEvent], of key: String) -> [String] {
        Rig.told(events, of: key)
    }

    @Test("A value with a wrong signature logs nobody in and is told once")
    func rejected() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"), secretKey: "somebody else's")
        #expect(try await rig.identity(key).reason == .invalid)
        try await rig.redis.command("EXPIRE", "django_sessions:\(key)", "100")
        try await rig.redis.command("SET", "django_sessions:\(key)", "garbage")
        #expect(try await rig.identity(key).reason == .unreadable)
        let events = try await rig.waitForEvents("both") { told($0, of: key).count == 2 }
        #expect(told(events, of: key) == ["rejected invalid", "rejected unreadable"])
    }

    @Test("A good value that turns bad is a logout, then rejected")
    func turnsBad() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"))
        #expect(try await rig.identity(key).userID == "1")
        try await rig.write(key, Rig.payload(user: "1"), secretKey: "somebody else's")
        let events = try await rig.waitForEvents("the rejection") { told($0, of: key).count == 3 }
        #expect(told(events, of: key) == ["login created", "logout invalid", "rejected invalid"])
    }

    @Test("A key of another type under the pattern is unreadable and hurts nobody")
    func otherType() async throws {
        let rig = try await Rig()
        try await rig.redis.command("LPUSH", "django_sessions:alistofthings", "x")
        #expect(try await rig.identity("alistofthings").reason == .unreadable)
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"))
        #expect(try await rig.identity(key).userID == "1")
    }

    @Test("Login, renewal, change and logout are answered at once and told in order, each logout naming its login")
    func life() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        #expect(try await rig.identity(key).reason == .unknown)
        try await rig.write(key, "{}")
        try await rig.write(key, Rig.payload(user: "42"))
        let identity = try await rig.identity(key)
        #expect(identity.userID == "42")
        #expect(identity.login?.backend == Rig.backend)
        #expect(identity.login?.session == Rig.fingerprint(key))
        #expect(try await rig.call("session.get", #"{"session_key":"\#(key)"}"#).contains(#""omitted":1"#))
        #expect(try await rig.call("user.sessions", #"{"user_id":"42"}"#).contains(Rig.fingerprint(key)))
        try await rig.write(key, Rig.payload(user: "42", extra: #","basket":[1]"#), seconds: 900)
        try await rig.delete(key)
        try await eventually("the logout") { try await rig.identity(key).reason == .unknown }
        let events = try await rig.waitForEvents("the logout") { told($0, of: key).count == 2 }
        #expect(told(events, of: key) == ["login created", "logout deleted"])
        let login = try #require(events.first { $0.type == .login })
        #expect(events.last { $0.type == .logout }?.details.loginID == login.id)
        #expect(events.map(\.type) == [.login, .userOnline, .logout, .userOffline])
        #expect(events.map(\.id) == events.map(\.id).sorted())
        _ = try await rig.call("session.list")
        _ = try await rig.call("server.status")
        _ = try await rig.call("server.info")
    }

    @Test("A password change is a rotation: nobody leaves, nobody arrives")
    func rotation() async throws {
        let rig = try await Rig()
        let (old, new) = (Rig.newKey(), Rig.newKey())
        try await rig.write(old, Rig.payload(user: "7", passwordHash: "old0", extra: #","a":1"#))
        try await rig.waitForEvents("the login") { told($0, of: old) == ["login created"] }
        try await rig.run(
            Rig.setLine(new, Rig.payload(user: "7", passwordHash: "old0", extra: #","a":1"#)),
            "DEL django_sessions:\(old)",
            Rig.setLine(new, Rig.payload(user: "7", passwordHash: "new0", extra: #","a":1"#))
        )
        #expect(try await rig.identity(new).userID == "7")
        let events = try await rig.waitForEvents("the logout") { told($0, of: old).count == 2 }
        #expect(told(events, of: old) == ["login created", "logout rotated"])
        #expect(told(events, of: new) == ["login rotated"])
        #expect(events.last { $0.type == .login }?.details.previousSession == Rig.fingerprint(old))
        #expect(events.count { $0.type == .userOnline || $0.type == .userOffline } == 1)
    }

    @Test("Another user under the same key is a logout and a login")
    func switched() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"))
        try await rig.waitForEvents("the first login") { told($0, of: key).count == 1 }
        try await rig.write(key, Rig.payload(user: "2"))
        let events = try await rig.waitForEvents("the switch") { told($0, of: key).count == 3 }
        #expect(told(events, of: key) == ["login created", "logout switched", "login switched"])
        #expect(try await rig.identity(key).userID == "2")
    }

    @Test("A session that expires is a logout that names its user and the time of its end")
    func expiry() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "9"), seconds: 3)
        let login = try await rig.waitForEvents("the login") { !told($0, of: key).isEmpty }[0]
        let events = try await rig.waitForEvents("the expiry") { told($0, of: key).count == 2 }
        let logout = try #require(events.last { $0.type == .logout })
        #expect(logout.details.reason == "expired")
        #expect(logout.details.userID == "9")
        // Redis counts from the SETEX, which came before the login was seen.
        #expect(logout.time.timeIntervalSince(login.time) <= 3.01)
        #expect(try await rig.identity(key).reason == .unknown)
    }

    @Test("A session whose end lies beyond all calendars is a session")
    func endless() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"), seconds: 20_000_000_000)
        try await eventually("the login") { try await rig.identity(key).isAuthenticated }
        try await rig.delete(key)
        try await rig.waitForEvents("the logout") { $0.contains { $0.type == .logout } }
    }

    @Test("FLUSHALL is not announced, but noticed by comparing, and everybody is logged out")
    func flush() async throws {
        let rig = try await Rig(options: ["--invalidation", "keyspace"])
        let keys = (0..<5).map { _ in Rig.newKey() }
        for key in keys { try await rig.write(key, Rig.payload(user: "3", extra: #","of":"\#(key.prefix(4))""#)) }
        try await rig.waitForEvents("the logins") { events in keys.allSatisfy { told(events, of: $0).count == 1 } }
        try await rig.redis.command("FLUSHALL")
        let events = try await rig.waitForEvents("the logouts") { events in
            keys.allSatisfy { told(events, of: $0).count == 2 }
        }
        for key in keys {
            #expect(told(events, of: key) == ["login created", "logout flushed"])
            #expect(try await rig.identity(key).reason == .unknown)
        }
        #expect(try await rig.client.status().cache.staleFound > 0)
    }

    @Test(
        "Odd keys are found, and stand in no log line",
        arguments: ["gl*b?[a-z]\\", "sp ace", "qu'ot\"e", "ne\nw", "Zoë 🗝"])
    func oddKeys(key: String) async throws {
        let rig = try await Rig(options: ["--log-level", "trace"])
        try await rig.write(key, Rig.payload(user: "1"))
        #expect(try await rig.client.identity(of: key).userID == "1")
        try await rig.delete(key)
        try await eventually("the logout") { try await rig.client.identity(of: key).reason == .unknown }
        #expect(try await rig.daemon.stop() == 0)
        #expect(!rig.daemon.log.contains(key))
    }
}
