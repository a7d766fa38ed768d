import AuditJournal
import Foundation
import SessionModel
import TestSupport
import Testing

/// Which positions a journal on disk can go on from: one that it did not give out is lost, never silence.
@Suite struct PositionTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func isLost(_ id: EventID, in rig: JournalRig) -> Bool {
        do throws(PositionLost) {
            try rig.journal.check(.after(id), for: EventFilter())
            return false
        } catch {
            return true
        }
    }

    /// A daemon that writes some events and ends.
    private func daemon(_ directory: String? = nil, count: UInt64) async throws -> UInt64 {
        let rig = await JournalRig(folder, directory: directory)
        let run = try #require(rig.opening).run
        try await rig.write((1...count).map { Sample.online($0, run: run) })
        await rig.journal.stop()
        return run
    }

    @Test("Positions of all runs that it knows are good, as far as they were given out")
    func runs() async throws {
        let first = try await daemon(count: 3)
        let second = try await daemon(count: 2)
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        #expect(first < second && second < run)
        for (run, sequence) in [(first, 0), (first, 1), (first, 3), (second, 0), (second, 2), (run, 0)] {
            #expect(!isLost(EventID(run: run, sequence: UInt64(sequence)), in: rig), "\(run) \(sequence)")
        }
        for (run, sequence) in [(first, 4), (second, 3), (run, 1), (run + 1, 0), (first - 1, 0), (0, 0)] {
            #expect(isLost(EventID(run: run, sequence: UInt64(sequence)), in: rig), "\(run) \(sequence)")
        }
        let events = try await rig.readAll(.after(EventID(run: first, sequence: 2)), EventFilter(), limit: 1)
        #expect(
            events.map(\.id) == [
                EventID(run: first, sequence: 3), EventID(run: second, sequence: 1), EventID(run: second, sequence: 2),
            ])
        await rig.journal.stop()
    }

    @Test("What was given out and not written yet is a good position")
    func unwritten() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        rig.journal.append([Sample.online(1, run: run)])
        #expect(!isLost(EventID(run: run, sequence: 1), in: rig))
        #expect(isLost(EventID(run: run, sequence: 2), in: rig))
        await rig.journal.stop()
    }

    @Test("A position told by an event that is kept in memory alone survives a restart")
    func activity() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        let renewed = SessionEvent(
            id: EventID(run: run, sequence: 5), time: 0, subject: Sample.session("a"),
            kind: .renewed(userID: UserID("1"), expiresAt: nil))
        try await rig.write([Sample.online(1, run: run), renewed])
        await rig.journal.stop()
        let later = await JournalRig(folder)
        #expect(!isLost(EventID(run: run, sequence: 5), in: later))
        #expect(isLost(EventID(run: run, sequence: 6), in: later))
        await later.journal.stop()
    }

    @Test("Of a restored older copy the later positions are lost, and later ids are new ones")
    func restored() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        try await rig.write([Sample.online(1, run: run)])
        let copy = try rig.crashed()
        try await rig.write([Sample.online(2, run: run)])
        await rig.journal.stop()
        let restored = await JournalRig(folder, directory: copy)
        #expect(!isLost(EventID(run: run, sequence: 1), in: restored))
        #expect(isLost(EventID(run: run, sequence: 2), in: restored))
        #expect(try #require(restored.opening).run > run)
        await restored.journal.stop()
    }

    @Test("Of another journal everything is lost")
    func other() async throws {
        let run = try await daemon(folder.file("one"), count: 2)
        let other = await JournalRig(folder, directory: folder.file("two"))
        #expect(isLost(EventID(run: run, sequence: 0), in: other))
        #expect(isLost(EventID(run: run, sequence: 2), in: other))
        await other.journal.stop()
    }

    @Test("Runs rise also where the clock has gone back")
    func clock() async throws {
        let first = try await daemon(count: 1)
        let rig = await JournalRig(folder, at: 1_600_000_000_000)
        #expect(try #require(rig.opening).run > first)
        await rig.journal.stop()
    }

    @Test("The frequent types reach back as far as memory, and are then lost")
    func frequent() async throws {
        let first = try await daemon(count: 1)
        let rig = await JournalRig(folder)
        let filter = EventFilter(types: [.renewed, .login])
        #expect(throws: PositionLost.self) {
            try rig.journal.check(.after(EventID(run: first, sequence: 1)), for: filter)
        }
        #expect(throws: Never.self) { try rig.journal.check(.after(rig.journal.position), for: filter) }
        await rig.journal.stop()
    }
}
