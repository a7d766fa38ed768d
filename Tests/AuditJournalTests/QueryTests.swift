import AuditJournal
import Foundation
import SessionModel
import TestSupport
import Testing

/// The file answers as a journal in memory does that holds everything.
@Suite struct QueryTests {
    private static let now: Int64 = 1_700_000_000_000

    /// A journal in a file and one in memory with the same events.
    private func journals(_ seed: UInt64, turns: Int) async throws -> (JournalRig, MemoryJournal, EventHistory) {
        let rig = await JournalRig(try TemporaryFolder(), at: Self.now)
        let run = try #require(rig.opening).run
        let memory = MemoryJournal(run: run, uuid: String(rig.journal.figures.source.dropFirst("urn:uuid:".count)))
        var history = EventHistory(seed: seed, run: run)
        for _ in 0..<turns {
            rig.clock.change { $0 += 3000 }
            let events = history.turn(at: rig.clock.value)
            memory.append(events)
            try await rig.write(events)
        }
        return (rig, memory, history)
    }

    @Test("Whatever is asked for, page by page: neither more nor less, in order", arguments: 1...6)
    func queries(seed: UInt64) async throws {
        let (rig, memory, history) = try await journals(seed, turns: 150)
        var random = SeededGenerator(seed: seed)
        for number in 0..<150 {
            let filter = Self.filter(history, &random)
            let start: EventStart =
                Bool.random(using: &random)
                ? .oldest : .after(history.events.randomElement(using: &random)?.id ?? memory.position)
            let limit = [1, 2, 7, 1000].randomElement(using: &random) ?? 7
            let found = try await rig.readAll(start, filter, limit: limit).map(\.id)
            var working = filter
            let expected = try memory.read(from: start, matching: &working, limit: .max).events.map(\.id)
            let isEqual = found == expected
            #expect(isEqual, "seed \(seed), query \(number): \(filter), \(start)")
        }
        await rig.journal.stop()
    }

    private static func filter(_ history: EventHistory, _ random: inout SeededGenerator) -> EventFilter {
        var filter = EventFilter()
        let types = Set(EventType.allCases).subtracting(EventType.activity)
        if Bool.random(using: &random) {
            filter.types = Set(types.filter { _ in Bool.random(using: &random) }.prefix(3))
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: filter.userID = EventHistory.users.randomElement(using: &random)
        case 1:
            filter = EventFilter(
                types: filter.types, session: history.events.compactMap(\.subject).randomElement(using: &random))
        default: break
        }
        func time() -> Int64 {
            (history.events.randomElement(using: &random)?.time ?? now)
                + [0, 0, 1, -1, 90_000][Int.random(in: 0..<5, using: &random)]
        }
        if Bool.random(using: &random) { filter.since = time() }
        if Bool.random(using: &random) { filter.until = time() }
        if Int.random(in: 0..<5, using: &random) == 0 { filter.openAt = time() }
        return filter
    }

    @Test("A filter and its page have equal texts in the file and in memory but for the chain")
    func texts() async throws {
        let (rig, memory, _) = try await journals(9, turns: 40)
        var filter = EventFilter()
        let stored = try await rig.readAll(.oldest, filter, limit: 9)
        for (event, other) in zip(stored, try memory.read(from: .oldest, matching: &filter, limit: .max).events) {
            let text = String(decoding: event.json, as: UTF8.self).replacing(/,"previoushash":"[0-9a-f]{64}"/, with: "")
            #expect(text == String(decoding: other.json, as: UTF8.self))
        }
        await rig.journal.stop()
    }

    @Test("A subscriber that begins anywhere hears every event once, wherever it is read from")
    func following() async throws {
        let rig = await JournalRig(try TemporaryFolder(), at: Self.now)
        let run = try #require(rig.opening).run
        let count: UInt64 = 20_000
        let writing = Task {
            for start in stride(from: UInt64(1), to: count, by: 100) {
                rig.journal.append((start..<start + 100).map { Sample.online($0, run: run) })
                if start % 1000 == 1 { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
        var position = EventStart.oldest
        var heard: [UInt64] = []
        var fetchCount = 0
        try await eventually("every event") {
            var filter = EventFilter()
            var batch = try rig.journal.recent(from: position, matching: &filter, limit: 64)
            if batch == nil {
                fetchCount += 1
                batch = try await rig.read(position, limit: 256)
            }
            if let batch {
                heard += batch.events.map(\.id.sequence)
                position = .after(batch.position)
            }
            return heard.count >= Int(count)
        }
        try await writing.value
        #expect(heard == Array(1...count))
        #expect(fetchCount > 0)
        await rig.journal.stop()
    }

    @Test(
        "A session is not followed from memory alone before the file has told which rotations there were, however often"
    )
    func followedUnread() async throws {
        let rig = await JournalRig(try TemporaryFolder(), at: Self.now)
        let run = try #require(rig.opening).run
        try await rig.write([Sample.online(1, run: run), Sample.online(2, run: run)])
        var filter = EventFilter(session: Sample.session("A"))
        let start = EventStart.after(EventID(run: run, sequence: 1))
        for _ in 0..<2 {
            // The one who follows could not read the file, and asks again.
            #expect(try rig.journal.recent(from: start, matching: &filter, limit: 9) == nil)
        }
        await rig.journal.stop()
    }
}
