import SessiondClient
import TestSupport
import Testing

/// What nothing announces is found by comparing.
@Suite struct ComparisonTests {
    @Test("After SWAPDB everybody of the old database is logged out, everybody of the new one in, and it is counted")
    func swap() async throws {
        let rig = try await Rig(options: ["--ping-interval", "0.1", "--compare-interval", "0.1"])
        let old = try await rig.fill(20, of: "1", prefix: "old")
        try await rig.waitForEvents("the logins") { $0.count { $0.type == .login } == old.count }
        try await rig.redis.run(["SELECT 5", Rig.setLine("fresh-session", Rig.payload(user: "2")), "SWAPDB 0 5"])
        try await rig.waitForEvents("the change") { events in
            events.count { $0.type == .logout } == old.count && events.contains { $0.details.userID == "2" }
        }
        try await rig.expectCoherence()
        #expect(try await rig.client.status().cache.staleFound > 0)
    }

    @Test("On a busy server the comparison finds nothing")
    func nothing() async throws {
        let rig = try await Rig(options: [
            "--ping-interval", "0.05", "--compare-interval", "0.05", "--max-staleness", "0.1",
        ])
        // A debug build keeps up with some thousand writes a second; where it falls behind, hardly anything is compared.
        let load = WriteLoad(on: rig.redis, writerCount: 2, keyCount: 5)
        try await eventually("200 comparisons") { try await rig.client.status().cache.compared ?? 0 > 200 }
        #expect(try await load.stop() > 0)
        try await rig.expectCoherence()
        #expect(try await rig.client.status().cache.staleFound == 0)
    }
}
