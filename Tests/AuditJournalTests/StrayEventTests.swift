import SessionModel
import TestSupport
import Testing

@testable import AuditJournal

/// Events that do not follow from what the file holds are not written, nor is anything else of their call.
@Suite struct StrayEventTests {
    private static let now: Int64 = 1_700_000_000_000

    @Test("An event of an earlier run, of a frequent type or not")
    func earlier() throws {
        let folder = try TemporaryFolder()
        let settings = JournalSettings(directory: folder.file("state"))
        let run = try earlierRun(settings)
        let store = try JournalStore(settings, continuation: nil, at: Self.now)
        let renewed = SessionEvent(
            id: EventID(run: run, sequence: 2), time: 0, subject: Sample.session("a"),
            kind: .renewed(userID: UserID("1"), expiresAt: nil))
        for event in [Sample.online(2, run: run), renewed] {
            #expect(throws: JournalFailure.strayEvent) { try store.write([event], at: Self.now) }
        }
        #expect(store.position.sequence == 0)
        store.close()
    }

    /// A daemon that writes an event and ends, and with it the lock of its directory.
    private func earlierRun(_ settings: JournalSettings) throws -> UInt64 {
        let store = try JournalStore(settings, continuation: nil, at: Self.now)
        _ = try store.write([Sample.online(1, run: store.position.run)], at: Self.now)
        store.close()
        return store.position.run
    }
}
