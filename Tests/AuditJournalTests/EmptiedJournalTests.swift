import Foundation
import SessionModel
import TestSupport
import Testing

@testable import AuditJournal

/// Retention can remove every event: who is logged in, the chain and the positions outlive them.
@Suite struct EmptiedJournalTests {
    private static let day: Int64 = 86_400_000
    private static let now: Int64 = 1_700_000_000_000

    @Test("When all events are gone open logins are known, later events fit, and logouts find their logins")
    func everything() async throws {
        let folder = try TemporaryFolder()
        let retention = JournalRetention(ageMax: Self.day)
        var rig = await JournalRig(folder, at: Self.now) { $0.retention = retention }
        var history = EventHistory(seed: 12, run: try #require(rig.opening).run)
        try await rig.write((0..<300).flatMap { _ in history.turn(at: Self.now) })
        try #require(!history.openLogins.isEmpty)
        let last = rig.journal.position
        rig.clock.change { $0 += 2 * Self.day }
        try await eventually("all events to go") { rig.journal.figures.eventCount == 0 }
        #expect(rig.journal.figures.oldest == nil)
        #expect(throws: Never.self) { try rig.journal.check(.after(last), for: EventFilter()) }
        await rig.journal.stop()
        #expect(try JournalVerifier.verify(rig.path).eventCount == 0)

        rig = await JournalRig(folder, at: Self.now + 2 * Self.day) { $0.retention = retention }
        let opening = try #require(rig.opening)
        #expect(opening.openLogins == history.openLogins)
        #expect(try await rig.read(.after(last)).events.isEmpty)
        history.beginRun(opening.run)
        let logouts = history.logoutAll(at: rig.clock.value)
        try await rig.write(logouts)
        #expect(try await rig.read(.after(last)).events.map(\.id) == logouts.map(\.id))
        await rig.journal.stop()
        let audit = try JournalVerifier.verify(rig.path)
        #expect(audit.eventCount == logouts.count)
        let pruned = try SQLite.rows("SELECT pruned_hash FROM journal", in: rig.path)
        #expect(pruned == [[try #require(audit.anchor)]])
        #expect(try SQLite.rows("SELECT count(*) FROM login WHERE logout_place IS NULL", in: rig.path) == [["0"]])
    }

    @Test("With a bound of one event the newest one is held, however many come at once")
    func one() async throws {
        let rig = await JournalRig(try TemporaryFolder()) { $0.retention = JournalRetention(countMax: 1) }
        let run = try #require(rig.opening).run
        try await rig.write((1...3000).map { Sample.online($0, run: run) })
        try await eventually("the older ones to go") {
            rig.clock.change { $0 += 1000 }
            return rig.journal.figures.eventCount == 1
        }
        let newest = EventID(run: run, sequence: 3000)
        #expect(rig.journal.figures.oldest == newest)
        #expect(try await rig.read().events.map(\.id) == [newest])
        #expect(throws: PositionLost(oldest: newest)) {
            try rig.journal.check(.after(EventID(run: run, sequence: 2998)), for: EventFilter())
        }
        await rig.journal.stop()
        #expect(try JournalVerifier.verify(rig.path).eventCount == 1)
    }
}
