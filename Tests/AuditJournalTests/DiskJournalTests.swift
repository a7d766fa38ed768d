import AuditJournal
import Foundation
import SessionModel
import Synchronization
import TestSupport
import Testing

/// What is written is there: to be read, after a restart, and after the daemon's death.
@Suite struct DiskJournalTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("A new journal begins empty, with a run of its own and no gap")
    func new() async throws {
        let rig = await JournalRig(folder)
        let opening = try #require(rig.opening)
        #expect(opening.openLogins.isEmpty && opening.gap == nil)
        #expect(rig.journal.position == EventID(run: opening.run, sequence: 0))
        #expect(try await rig.read().events.isEmpty)
        await rig.journal.stop()
    }

    @Test("Nobody hears of an event before it is in the file")
    func order() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        let seen = Mutex<[Bool]>([])
        let path = rig.path
        _ = rig.journal.watch {
            let position = rig.journal.position
            guard position.sequence > 0 else { return }
            let rows = try? SQLite.rows("SELECT count(*) FROM event", in: path)
            seen.withLock { $0.append((rows?.first?.first.flatMap { Int($0) } ?? 0) >= Int(position.sequence)) }
        }
        for sequence in 1...20 { try await rig.write([Sample.online(UInt64(sequence), run: run)]) }
        #expect(seen.withLock { !$0.isEmpty && $0.allSatisfy(\.self) })
        await rig.journal.stop()
    }

    @Test(
        "Every event carries the hash of the one before, the first one that of the journal's name, also after a restart"
    )
    func chain() async throws {
        var history = EventHistory(seed: 1)
        for _ in 0..<3 {
            let rig = await JournalRig(folder)
            history.beginRun(try #require(rig.opening).run)
            for _ in 0..<20 { try await rig.write(history.turn(at: 1_700_000_000_000)) }
            await rig.journal.stop()
        }
        let audit = try JournalVerifier.verify(JournalFile.path(in: folder.file("state")))
        #expect(audit.eventCount == history.events.filter { !EventType.activity.contains($0.type) }.count)
        #expect(audit.eventCount > 60)
    }

    @Test("A journal holds open what its events leave open, with the newest expiry", arguments: 1...5)
    func openLogins(seed: UInt64) async throws {
        var history = EventHistory(seed: seed)
        for round in 0..<4 {
            let rig = await JournalRig(folder)
            let opening = try #require(rig.opening)
            #expect(opening.openLogins == history.openLogins)
            #expect((opening.gap == nil) == (round == 0))
            history.beginRun(opening.run)
            for _ in 0..<30 { try await rig.write(history.turn(at: 1_700_000_000_000)) }
            await rig.journal.stop()
        }
    }

    @Test("Whatever moment a daemon dies at, its journal holds a beginning of what it wrote, and holds together")
    func crash() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        var history = EventHistory(seed: 3, run: run)
        for _ in 0..<40 {
            rig.journal.append(history.turn(at: 1_700_000_000_000))
            let written = rig.journal.position
            let copy = try rig.crashed()
            let later = await JournalRig(folder, directory: copy)
            let opening = try #require(later.opening)
            let held = try await later.readAll(.oldest, EventFilter(), limit: 100).map(\.id)
            let expected = history.events.filter { !EventType.activity.contains($0.type) }.map(\.id)
            #expect(expected.starts(with: held))
            #expect(held.last.map { $0 >= expected.last { $0 <= written } ?? $0 } ?? (written.sequence == 0))
            #expect(opening.run > run)
            await later.journal.stop()
            #expect(throws: Never.self) { try JournalVerifier.verify(JournalFile.path(in: copy)) }
        }
        await rig.journal.stop()
    }

    @Test("The time without a daemon is a gap from when the last one was alive; it is told once")
    func gap() async throws {
        let first = await JournalRig(folder)
        let run = try #require(first.opening).run
        try await first.write([Sample.online(1, run: run)])
        first.clock.change { $0 += 60_000 }
        await first.journal.stop()
        let second = await JournalRig(folder, at: 1_700_000_100_000)
        let opening = try #require(second.opening)
        let gap = try #require(opening.gap)
        #expect(gap == JournalOpening.Gap(cause: .stopped, since: 1_700_000_060_000, isTold: false))
        let lost = SessionEvent(
            id: EventID(run: opening.run, sequence: 1), time: gap.since, subject: nil,
            kind: .link(.lost, gapMilliseconds: nil))
        try await second.write([lost])
        await second.journal.stop()
        let third = await JournalRig(folder, at: 1_700_000_200_000)
        // Nobody has seen anything since what the event tells of, whether a daemon was alive then or not.
        let whole = JournalOpening.Gap(cause: .stopped, since: 1_700_000_060_000, isTold: true)
        #expect(try #require(third.opening).gap == whole)
        await third.journal.stop()
    }

    @Test("What was appended together is written together, however much waits")
    func together() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        let events = (1...5000).map { Sample.online(UInt64($0), run: run) }
        let positions = Mutex<Set<UInt64>>([])
        _ = rig.journal.watch { positions.withLock { _ = $0.insert(rig.journal.position.sequence) } }
        for start in stride(from: 0, to: 5000, by: 50) { rig.journal.append(Array(events[start..<start + 50])) }
        try await eventually("all to be written") { rig.journal.position.sequence == 5000 }
        #expect(positions.withLock { $0.allSatisfy { $0 % 50 == 0 } })
        #expect(try await rig.readAll(.oldest, EventFilter(), limit: 1000).count == 5000)
        await rig.journal.stop()
    }
}
