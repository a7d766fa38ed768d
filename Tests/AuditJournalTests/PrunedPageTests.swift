import GRDB
import SessionModel
import TestSupport
import Testing

@testable import AuditJournal

/// Retention goes on while events are read: what it takes from under a reader is lost, never left out without a word.
@Suite struct PrunedPageTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("A page whose beginning was removed after its position was found to be good is lost")
    func overtaken() throws {
        let store = try JournalStore(JournalSettings(directory: folder.file("state")), continuation: nil, at: 0)
        let run = store.position.run
        _ = try store.write((1...100).map { Sample.online($0, run: run) }, at: 0)
        let held = HeldEvents(
            pool: store.pool, runs: store.runs, eventCount: 100, oldest: EventID(run: run, sequence: 1), prunedPlace: 0)
        let position = EventID(run: run, sequence: 5)
        #expect(held.holdsAll(behind: position, newest: nil))
        _ = try store.prune(JournalRetention(countMax: 10), at: 0)
        #expect(throws: PositionLost(oldest: EventID(run: run, sequence: 91))) {
            try store.pool.read { try held.read($0, from: .after(position), matching: EventFilter(), limit: 10) }
        }
        let edge = EventStart.after(EventID(run: run, sequence: 90))
        for start in [edge, .oldest] {
            let (page, _) = try store.pool.read { try held.read($0, from: start, matching: EventFilter(), limit: 1000) }
            #expect(page.events.map(\.id.sequence) == Array(91...100))
        }
        store.close()
    }

    @Test("A reader whom retention overtakes hears of it; all that it read before and after comes once and in order")
    func following() async throws {
        let rig = await JournalRig(folder) { $0.retention = JournalRetention(countMax: 3000) }
        let run = try #require(rig.opening).run
        let count: UInt64 = 30_000
        let writing = Task {
            for start in stride(from: UInt64(1), to: count, by: 200) {
                rig.journal.append((start..<start + 200).map { Sample.online($0, run: run) })
                rig.clock.change { $0 += 100 }
                try await eventually("the journal to keep up") { rig.journal.figures.waitingCount < 2000 }
            }
        }
        var position = EventStart.oldest
        var heard: [UInt64] = []
        /// The sequences behind which something was lost.
        var losses: Set<UInt64> = []
        try await eventually("the end") {
            do {
                let page = try await rig.read(position, limit: 100)
                heard += page.events.map(\.id.sequence)
                position = .after(page.position)
            } catch EventReadError.positionLost {
                losses.insert(heard.last ?? 0)
                position = .oldest
            }
            return heard.last == count
        }
        try await writing.value
        for (before, after) in zip(heard, heard.dropFirst()) {
            let isWhole = after == before + 1
            let isTold = after > before && losses.contains(before)
            #expect(isWhole || isTold, "\(before), then \(after)")
        }
        await rig.journal.stop()
    }
}
