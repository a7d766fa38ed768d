import Foundation
import SessiondClient
import TestSupport
import Testing

/// What administrators and other programs do to session keys with commands that Django does not send.
@Suite(.serialized) struct KeyCommandTests {
    private func redisKey(_ key: String) -> String { "django_sessions:\(key)" }

    /// A rig with a session of each of these users.
    private func rig(_ sessions: KeyValuePairs<String, String>) async throws -> Rig {
        let rig = try await Rig()
        for (key, user) in sessions { try await rig.write(key, Rig.payload(user: user)) }
        try await rig.waitForEvents("the logins") { $0.count { $0.type == .login } == sessions.count }
        return rig
    }

    @Test("RENAME ends the old session and begins the new one")
    func rename() async throws {
        let rig = try await rig(["oldsession": "1"])
        try await rig.redis.command("RENAME", redisKey("oldsession"), redisKey("newsession"))
        try await rig.waitForEvents("the login") { Rig.told($0, of: "newsession").count == 1 }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "oldsession") == ["login created", "logout deleted"])
    }

    @Test("RENAME over another user's session is a switch")
    func renameOver() async throws {
        let rig = try await rig(["onesession": "1", "othersession": "2"])
        try await rig.redis.command("RENAME", redisKey("onesession"), redisKey("othersession"))
        try await rig.waitForEvents("the switch") { Rig.told($0, of: "othersession").count == 3 }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "onesession") == ["login created", "logout deleted"])
        #expect(
            try await rig.told(of: "othersession") == ["login created", "logout switched", "login switched"])
    }

    @Test("RESTORE logs in, and over another user's session it is a switch")
    func restore() async throws {
        let rig = try await rig(["onesession": "1", "othersession": "2"])
        let script = "redis.call('RESTORE', KEYS[2], 0, redis.call('DUMP', KEYS[1]), 'REPLACE')"
        for target in ["restored", "othersession"] {
            try await rig.redis.command("EVAL", script, "2", redisKey("onesession"), redisKey(target))
        }
        try await rig.waitForEvents("both") {
            Rig.told($0, of: "othersession").count == 3 && Rig.told($0, of: "restored").count == 1
        }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "restored") == ["login created"])
        #expect(
            try await rig.told(of: "othersession") == ["login created", "logout switched", "login switched"])
        #expect(try await rig.identity("restored").login?.expiresAt == nil)
    }

    @Test("COPY makes a second session of the same user")
    func copy() async throws {
        let rig = try await rig(["onesession": "1"])
        try await rig.redis.command("COPY", redisKey("onesession"), redisKey("copied"))
        try await rig.waitForEvents("the login") { Rig.told($0, of: "copied").count == 1 }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "copied") == ["login created"])
        #expect(try await rig.told(of: "onesession") == ["login created"])
    }

    @Test("MOVE to another database ends a session, and moved back it is one that came back")
    func move() async throws {
        let rig = try await rig(["onesession": "1"])
        try await rig.redis.command("MOVE", redisKey("onesession"), "1")
        try await rig.waitForEvents("the logout") { Rig.told($0, of: "onesession").count == 2 }
        #expect(try await rig.identity("onesession").reason == .unknown)
        try await rig.expectCoherence()
        try await rig.redis.command("-n", "1", "MOVE", redisKey("onesession"), "0")
        try await rig.waitForEvents("the login") { Rig.told($0, of: "onesession").count == 3 }
        try await rig.expectCoherence()
        #expect(
            try await rig.told(of: "onesession") == ["login created", "logout deleted", "login resurrected"])
    }

    @Test("PERSIST and PEXPIREAT move the expiry that is told, and a time that has passed ends the session")
    func expiry() async throws {
        let rig = try await rig(["onesession": "1"])
        let subscription = try await rig.client.subscribe(after: "", filter: .init(types: [.renewed]))
        try await rig.redis.command("PERSIST", redisKey("onesession"))
        try await eventually("no expiry") { try await rig.identity("onesession").login?.expiresAt == nil }
        try await rig.redis.command("PEXPIREAT", redisKey("onesession"), "4102444800000")
        try await eventually("another expiry") { try await rig.identity("onesession").login?.expiresAt != nil }
        var renewals: [SessiondEvent] = []
        for try await event in subscription {
            renewals.append(event)
            if renewals.count == 2 { break }
        }
        #expect(renewals[0].details.expiresAt == nil)
        let expiresAt = try #require(renewals[1].details.expiresAt?.timeIntervalSince1970)
        #expect(abs(expiresAt - 4_102_444_800) < 2)
        try await rig.redis.command("PEXPIREAT", redisKey("onesession"), "1000")
        try await rig.waitForEvents("the logout") { Rig.told($0, of: "onesession").count == 2 }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "onesession") == ["login created", "logout deleted"])
    }

    @Test("A script that writes and deletes several sessions is told session by session")
    func script() async throws {
        let rig = try await rig(["onesession": "1", "othersession": "2"])
        let script = """
            local value = redis.call('GET', KEYS[1]) \
            for i = 1, 5 do redis.call('SETEX', 'django_sessions:scripted' .. i, 600, value) end \
            redis.call('DEL', KEYS[2], 'django_sessions:scripted5') \
            redis.call('SET', KEYS[1], 'garbage')
            """
        try await rig.redis.command("EVAL", script, "2", redisKey("onesession"), redisKey("othersession"))
        try await rig.waitForEvents("all of it") { events in
            (1...4).allSatisfy { Rig.told(events, of: "scripted\($0)").count == 1 }
                && Rig.told(events, of: "onesession").count == 3 && Rig.told(events, of: "othersession").count == 2
        }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "scripted1") == ["login created"])
        #expect(try await rig.told(of: "scripted5") == [])
        #expect(try await rig.told(of: "othersession") == ["login created", "logout deleted"])
        #expect(
            try await rig.told(of: "onesession") == ["login created", "logout unreadable", "rejected unreadable"])
    }

    @Test("Of a transaction the outcome is told, not what nobody could see within it")
    func transaction() async throws {
        let rig = try await rig(["onesession": "1"])
        try await rig.run(
            "MULTI", Rig.setLine("onesession", Rig.payload(user: "2")),
            Rig.setLine("onesession", Rig.payload(user: "3")),
            Rig.setLine("passing", Rig.payload(user: "4")), "DEL django_sessions:passing",
            Rig.setLine("multisession", Rig.payload(user: "5")), "EXEC"
        )
        try await rig.waitForEvents("the outcome") {
            Rig.told($0, of: "multisession").count == 1 && Rig.told($0, of: "onesession").count == 3
        }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: "passing") == [])
        #expect(try await rig.told(of: "onesession") == ["login created", "logout switched", "login switched"])
        #expect(try await rig.identity("onesession").userID == "3")
    }
}
