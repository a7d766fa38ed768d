import SessiondClient
import TestSupport
import Testing

/// How long somebody can be answered as logged in after FLUSHALL.
@Suite struct FlushInTimeTests {
    @Test(
        "After FLUSHALL nobody is answered for longer than --max-staleness, also where most sessions are written again")
    func inTime() async throws {
        let rig = try await Rig()
        let returning = try await rig.fill(60, of: "1", prefix: "returning")
        let flushed = try await rig.fill(3, of: "2", prefix: "flushed")
        try await rig.waitForSessions(63)
        let payload = Rig.payload(user: "1", extra: #","again":1"#)
        let lines = ["MULTI", "FLUSHALL"] + returning.map { Rig.setLine($0, payload) } + ["EXEC"]
        try await rig.watchingLookups { watch in
            try await watch.change(flushed, to: "2") {}
            try await watch.waitForMore("logged in") { $0.authenticated }
            try await watch.change(flushed, to: nil) { try await rig.redis.run(lines) }
            try await rig.waitForEvents("the logouts") { events in
                events.count { $0.type == .logout && $0.details.userID == "2" } == flushed.count
            }
            try await watch.waitForMore("nobody") { $0.nobody }
        }
        try await rig.expectCoherence()
        for key in flushed { #expect(try await rig.told(of: key) == ["login created", "logout flushed"]) }
    }
}
