import Foundation
import SessionModel
import TestSupport
import Testing

@testable import AuditJournal

/// As long as the file could not be opened nobody knows what it holds: nothing is said to be lost.
@Suite struct UnopenedTests {
    @Test("A position is not lost because the disk is not there yet: it is judged when the journal is opened")
    func positions() async throws {
        let folder = try TemporaryFolder()
        let first = await JournalRig(folder)
        let run = try #require(first.opening).run
        try await first.write((1...3).map { Sample.online($0, run: run) })
        await first.journal.stop()
        chmod(first.directory, 0o770)
        let rig = await JournalRig(folder)
        #expect(rig.opening == nil)
        let (good, bad) = (EventID(run: run, sequence: 1), EventID(run: run, sequence: 4))
        for id in [good, bad] {
            #expect(throws: Never.self) { try rig.journal.check(.after(id), for: EventFilter()) }
            let cause = try #require(rig.journal.interruption).cause
            await #expect(throws: EventReadError.unreadable(cause)) { try await rig.read(.after(id)) }
        }
        chmod(rig.directory, 0o700)
        _ = try await rig.takeOpening()
        #expect(try await rig.read(.after(good)).events.map(\.id.sequence) == [2, 3])
        #expect(throws: PositionLost.self) { try rig.journal.check(.after(bad), for: EventFilter()) }
        await rig.journal.stop()
    }

    @Test("Whoever subscribed before the journal could be opened hears everything from its opening on")
    func subscribers() async throws {
        let folder = try TemporaryFolder()
        let first = await JournalRig(folder)
        try await first.write([Sample.online(1, run: try #require(first.opening).run)])
        await first.journal.stop()
        chmod(first.directory, 0o770)
        let rig = await JournalRig(folder)
        let start = EventStart.after(rig.journal.position)
        chmod(rig.directory, 0o700)
        let run = try await rig.takeOpening().run
        rig.journal.open()
        try await rig.write([Sample.online(1, run: run)])
        for filter in [EventFilter(), EventFilter(types: [.userOnline, .renewed])] {
            var filter = filter
            let batch = try rig.journal.recent(from: start, matching: &filter, limit: 9)
            #expect(batch?.events.map(\.id) == [EventID(run: run, sequence: 1)])
        }
        await rig.journal.stop()
    }
}
