import SessiondClient
import TestSupport
import Testing

/// FLUSHALL, of which Redis announces nothing, while others write without pause.
@Suite struct FlushUnderLoadTests {
    @Test("After FLUSHALL under load everybody is told to be flushed, and who is written anew is logged in anew")
    func flush() async throws {
        let rig = try await Rig()
        let keys = try await rig.fill(100, of: "1", prefix: "flushed")
        try await rig.waitForSessions(keys.count)
        let load = WriteLoad(on: rig.redis, writerCount: 2)
        try await eventually("the writers") {
            try await rig.client.events(types: [.login], userID: "2").events.isEmpty == false
        }
        try await rig.redis.command("FLUSHALL")
        try await eventually("the logouts") {
            try await rig.client.events(types: [.logout], userID: "1", limit: 1000).events.count == keys.count
        }
        #expect(try await load.stop() > 0)
        try await rig.expectCoherence()
        let events = try await rig.events()
        for key in keys { #expect(Rig.told(events, of: key) == ["login created", "logout flushed"]) }
    }
}
