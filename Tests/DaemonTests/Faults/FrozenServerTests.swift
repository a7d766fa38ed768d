import Foundation
import SessiondClient
import TestSupport
import Testing

/// A Redis that stands still and then goes on, as a virtual machine that is moved.
@Suite(.serialized) struct FrozenServerTests {
    @Test(
        "Redis is frozen for longer than --link-timeout: nothing is answered, and what ended meanwhile is told with its time"
    )
    func frozen() async throws {
        let rig = try await Rig(options: ["--link-timeout", "1"])
        let (staying, ending) = (Rig.newKey(), Rig.newKey())
        try await rig.watchingLookups { watch in
            try await watch.change([staying], to: "1") { try await rig.write(staying, Rig.payload(user: "1")) }
            try await watch.change(["nobodyshere"], to: nil) {}
            try await rig.write(ending, Rig.payload(user: "2"), seconds: 3)
            try await rig.waitForEvents("two logins") { $0.count { $0.type == .login } == 2 }
            rig.redis.signal(SIGSTOP)
            try await rig.waitForLink("lost")
            try await watch.waitForMore("unavailable") { $0.unavailable }
            let answered = watch.tally.authenticated + watch.tally.nobody
            try await watch.waitForMore("unavailable") { $0.unavailable }
            #expect(watch.tally.authenticated + watch.tally.nobody == answered)
            rig.redis.signal(SIGCONT)
            try await rig.waitForLink("live")
            try await watch.waitForMore("logged in") { $0.authenticated }
        }
        let events = try await rig.waitForEvents("the end") { Rig.told($0, of: ending).count == 2 }
        #expect(Rig.told(events, of: ending) == ["login created", "logout expired"])
        let expiresAt = events.first { $0.subject == Rig.fingerprint(ending) }?.details.expiresAt
        let end = try #require(events.last { $0.subject == Rig.fingerprint(ending) })
        #expect(abs(end.time.timeIntervalSince(try #require(expiresAt))) < 1)
        #expect(Rig.told(events, of: staying) == ["login created"])
        try await rig.expectCoherence()
    }
}
