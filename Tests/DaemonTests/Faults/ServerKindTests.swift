import Foundation
import SessiondClient
import TestSupport
import Testing

/// What a session's life and Redis's death look like, on every server that people run.
@Suite(.serialized) struct ServerKindTests {
    private func rig(_ kind: ServerKind, _ persistence: PrivateRedis.Persistence = .none) async throws -> Rig {
        let redis = try await PrivateRedis(program: kind.program(), persistence: persistence)
        #expect(try await redis.command("INFO", "server").contains(kind.signature))
        return try await Rig(redis: redis)
    }

    @Test("Login, rotation, renewal, logout and expiry are answered and told", arguments: ServerKind.available)
    func life(kind: ServerKind) async throws {
        let rig = try await rig(kind)
        let (old, new, ending) = (Rig.newKey(), Rig.newKey(), Rig.newKey())
        try await rig.watchingLookups { watch in
            try await watch.change([old], to: "7") {
                try await rig.write(old, Rig.payload(user: "7", passwordHash: "old0"))
            }
            try await rig.waitForEvents("the login") { Rig.told($0, of: old).count == 1 }
            try await watch.change([old], to: nil) {
                try await rig.run(
                    Rig.setLine(new, Rig.payload(user: "7", passwordHash: "old0")), "DEL django_sessions:\(old)",
                    Rig.setLine(new, Rig.payload(user: "7", passwordHash: "new0"))
                )
            }
            try await watch.change([new], to: "7") {}
            try await watch.waitForMore("logged in") { $0.authenticated }

            // A second from now to the millisecond, so that it can be compared.
            try await rig.write(ending, Rig.payload(user: "8"))
            let deadline = Int64(Date().timeIntervalSince1970 * 1000) + 1000
            try await rig.redis.command("PEXPIREAT", "django_sessions:\(ending)", "\(deadline)")
            let events = try await rig.waitForEvents("the expiry") { Rig.told($0, of: ending).count == 2 }
            #expect(Rig.told(events, of: ending) == ["login created", "logout expired"])
            let end = try #require(events.last { $0.subject == Rig.fingerprint(ending) })
            let difference = end.time.timeIntervalSince1970 * 1000 - Double(deadline)
            // The daemon's deadline is never too late; it is too early by as long as PTTL's answer took.
            #expect(difference <= 5 && difference > -1000)
            #expect(try await rig.identity(ending).reason == .unknown)

            try await watch.change([new], to: nil) { try await rig.delete(new) }
            try await watch.waitForMore("nobody") { $0.nobody }
        }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: old) == ["login created", "logout rotated"])
        #expect(try await rig.told(of: new) == ["login rotated", "logout deleted"])
    }

    @Test("FLUSHALL is noticed within --max-staleness and told as such", arguments: ServerKind.available)
    func flush(kind: ServerKind) async throws {
        let rig = try await rig(kind)
        let keys = try await rig.fill(20, of: "1")
        try await rig.waitForSessions(keys.count)
        let watched = Array(keys.prefix(4))
        try await rig.watchingLookups { watch in
            try await watch.change(watched, to: "1") {}
            try await watch.waitForMore("logged in") { $0.authenticated }
            try await watch.change(watched, to: nil) { try await rig.redis.command("FLUSHALL") }
            try await rig.waitForEvents("the logouts") { $0.count { $0.type == .logout } == keys.count }
            try await watch.waitForMore("nobody") { $0.nobody }
        }
        try await rig.expectCoherence()
        for key in keys { #expect(try await rig.told(of: key) == ["login created", "logout flushed"]) }
    }

    @Test(
        "kill -9 and a restart with the data: nothing is lost, nothing is told twice", arguments: ServerKind.available)
    func crash(kind: ServerKind) async throws {
        let rig = try await rig(kind, .everyWrite)
        let keys = try await rig.fill(20, of: "1")
        try await rig.waitForSessions(keys.count)
        let watched = Array(keys.prefix(4))
        try await rig.watchingLookups { watch in
            try await watch.change(watched, to: "1") {}
            try await rig.redis.kill()
            try await watch.waitForMore("unavailable") { $0.unavailable }
            try await rig.redis.start()
            try await rig.waitForLink("live")
            try await watch.waitForMore("logged in") { $0.authenticated }
            try await watch.change([keys[0]], to: nil) { try await rig.delete(keys[0]) }
            try await watch.waitForMore("nobody") { $0.nobody }
        }
        try await rig.expectCoherence()
        #expect(try await rig.told(of: keys[0]) == ["login created", "logout deleted"])
        for key in keys.dropFirst() { #expect(try await rig.told(of: key) == ["login created"]) }
    }
}
