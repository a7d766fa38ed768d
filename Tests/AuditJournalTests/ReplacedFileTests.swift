import AuditJournal
import Foundation
import SessionModel
import TestSupport
import Testing

/// Another file is put in the journal's place while the daemon has it open.
@Suite struct ReplacedFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Puts a backup in the place of a journal that is in use.
    private func restore(_ backup: String, to path: String) throws {
        unlink(path + "-wal")
        unlink(path + "-shm")
        try #require(rename(backup, path) == 0)
    }

    private func isLost(_ id: EventID, in rig: JournalRig) -> Bool {
        do throws(PositionLost) {
            try rig.journal.check(.after(id), for: EventFilter())
            return false
        } catch {
            return true
        }
    }

    @Test("Of a backup that is put back the later positions are lost at once, and a later run begins")
    func restored() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        try await rig.write([Sample.online(1, run: run)])
        let backup = folder.file("backup.sqlite")
        try JournalFile.copy(rig.path, to: backup)
        try await rig.write((2...5).map { Sample.online($0, run: run) })
        try restore(backup, to: rig.path)
        rig.clock.change { $0 += 2000 }
        let opening = try await rig.takeOpening()
        #expect(opening.run > run && opening.gap?.cause == .interrupted)
        #expect(!isLost(EventID(run: run, sequence: 1), in: rig))
        for sequence in UInt64(2)...5 { #expect(isLost(EventID(run: run, sequence: sequence), in: rig)) }
        rig.journal.open()
        try await rig.write([Sample.online(1, run: opening.run)])
        #expect(
            try await rig.read().events.map(\.id) == [
                EventID(run: run, sequence: 1), EventID(run: opening.run, sequence: 1),
            ])
        await rig.journal.stop()
        #expect(throws: Never.self) { try JournalVerifier.verify(rig.path) }
    }

    @Test("A backup that ends where the journal ends goes on as the journal did")
    func same() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        try await rig.write((1...3).map { Sample.online($0, run: run) })
        let backup = folder.file("backup.sqlite")
        try JournalFile.copy(rig.path, to: backup)
        try restore(backup, to: rig.path)
        try await eventually("the journal to go on, not \(rig.news.value)") {
            rig.clock.change { $0 += 1000 }
            return if case .resumed? = rig.news.value.last { true } else { false }
        }
        try await rig.write([Sample.online(4, run: run)])
        #expect(try await rig.read().events.map(\.id.sequence) == [1, 2, 3, 4])
        await rig.journal.stop()
        #expect(try JournalVerifier.verify(rig.path).eventCount == 4)
    }

    @Test("A file that is deleted is begun anew, with nobody logged in and no older position")
    func deleted() async throws {
        let rig = await JournalRig(folder)
        var history = EventHistory(seed: 8, run: try #require(rig.opening).run)
        for _ in 0..<20 { try await rig.write(history.turn(at: 1_700_000_000_000)) }
        let position = rig.journal.position
        for suffix in ["", "-wal", "-shm"] { unlink(rig.path + suffix) }
        rig.clock.change { $0 += 2000 }
        let opening = try await rig.takeOpening()
        #expect(opening.openLogins.isEmpty && opening.run > position.run)
        #expect(isLost(position, in: rig))
        rig.journal.open()
        try await rig.write([Sample.online(1, run: opening.run)])
        await rig.journal.stop()
        #expect(try JournalVerifier.verify(rig.path).eventCount == 1)
    }

    @Test("When the lock is removed a second daemon may begin, but the first one does not write beside it")
    func lock() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        try await rig.write([Sample.online(1, run: run)])
        unlink(rig.directory + "/sessiond.lock")
        let second = await JournalRig(folder)
        let later = try #require(second.opening).run
        rig.clock.change { $0 += 2000 }
        try await eventually("the first to stop writing") { rig.journal.interruption != nil }
        rig.journal.append([Sample.online(2, run: run)])
        try await second.write([Sample.online(1, run: later)])
        await second.journal.stop()
        #expect(try JournalVerifier.verify(rig.path).eventCount == 2)
        await rig.journal.stop()
        #expect(throws: Never.self) { try JournalVerifier.verify(rig.path) }
    }
}
