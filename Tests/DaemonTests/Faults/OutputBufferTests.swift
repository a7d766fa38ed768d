import Foundation
import SessiondClient
import TestSupport
import Testing

/// A daemon that reads too slowly for Redis's patience.
@Suite struct OutputBufferTests {
    @Test("Redis ends the subscription over its client-output-buffer-limit: the daemon catches up with all it missed")
    func limit() async throws {
        let rig = try await Rig()
        let (staying, leaving) = (Rig.newKey(), Rig.newKey())
        try await rig.write(staying, Rig.payload(user: "1"))
        try await rig.write(leaving, Rig.payload(user: "2"))
        try await rig.waitForEvents("two logins") { $0.count { $0.type == .login } == 2 }
        try await rig.redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 65536 0 0")
        rig.daemon.signal(SIGSTOP)
        let count = 3000
        try await rig.fill(count)
        try await rig.delete(leaving)
        #expect(try await rig.clientID(of: .subscribing) == nil)
        rig.daemon.signal(SIGCONT)
        try await rig.expectCoherence()
        let events = try await rig.waitForLink("live")
        #expect(events.filter { $0.type == .link }.map(\.details.state) == ["lost", "live"])
        #expect(Rig.told(events, of: staying) == ["login created"])
        // Its deletion came last, and was among what Redis threw away.
        #expect(Rig.told(events, of: leaving) == ["login created", "logout missing"])
        #expect(events.count { $0.type == .login } == count + 2)
    }
}
