import AuditJournal
import Foundation
import SessionModel
import TestSupport
import Testing

/// A differential test against the simplest thing there is: a list of all events and a condition.
@Suite struct HistoryTests {
    private static let now: Int64 = 1_700_000_000_000

    /// Whether an event is wanted, and of which sessions: those that are named and all that they became.
    private static func wants(
        _ event: SessionEvent, _ filter: EventFilter, _ sessions: Set<Fingerprint>?, _ ended: [EventID: Int64]
    ) -> Bool {
        if EventType.activity.contains(event.type) { return false }
        if let types = filter.types, !types.contains(event.type) { return false }
        if let since = filter.since, event.time < since { return false }
        if let until = filter.until, event.time >= until { return false }
        if let time = filter.openAt {
            guard event.type == .login, event.time <= time else { return false }
            if let end = ended[event.id], end <= time { return false }
        }
        if event.type == .link { return true }
        if let user = filter.userID, event.userID != user { return false }
        if let sessions { return event.subject.map(sessions.contains) ?? false }
        return true
    }

    private static func expected(_ events: [SessionEvent], _ filter: EventFilter, behind start: EventStart) -> [EventID]
    {
        var sessions = filter.sessions
        var ended: [EventID: Int64] = [:]
        for event in events {
            if case .login(_, _, _, .rotated(let previous)) = event.kind, let subject = event.subject,
                sessions?.contains(previous) ?? false
            {
                sessions?.insert(subject)
            }
            if case .logout(_, _, let login, _) = event.kind { ended[login] = event.time }
        }
        return events.filter { event in
            if case .after(let id) = start, event.id <= id { return false }
            return wants(event, filter, sessions, ended)
        }.map(\.id)
    }

    private static func filter(_ events: [SessionEvent], _ random: inout SeededGenerator) -> EventFilter {
        func time() -> Int64 {
            let offsets: [Int64] = [0, 0, 1, -1, 60_000, -60_000, 59_999, 60_001]
            return (events.randomElement(using: &random)?.time ?? now) + (offsets.randomElement(using: &random) ?? 0)
        }
        var filter = EventFilter()
        if Int.random(in: 0..<3, using: &random) == 0 {
            filter.sessions = Set(
                (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in
                    events.compactMap(\.subject).randomElement(using: &random)
                })
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            filter.userID = EventHistory.users.randomElement(using: &random)
        }
        if Bool.random(using: &random) {
            let types = EventType.allCases.filter { !EventType.activity.contains($0) }
            filter.types = Set(
                (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in
                    types.randomElement(using: &random)
                })
        }
        if Bool.random(using: &random) { filter.since = time() }
        if Bool.random(using: &random) { filter.until = time() }
        if Int.random(in: 0..<4, using: &random) == 0 { filter.openAt = time() }
        return filter
    }

    @Test(
        "Over restarts and under whatever clock, a question is answered as by going through the list", arguments: 1...4)
    func questions(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        var history = EventHistory(seed: seed)
        var random = SeededGenerator(seed: seed)
        var now = Self.now
        for round in 0..<4 {
            let rig = await JournalRig(folder, at: now)
            history.beginRun(try #require(rig.opening).run)
            for _ in 0..<40 {
                // The clock stands, goes, jumps and goes back; events of one call can have one time.
                now += [0, 0, 1, 3000, 70_000, -50_000].randomElement(using: &random) ?? 0
                let time = now
                rig.clock.change { $0 = time }
                rig.journal.append(history.turn(at: time))
            }
            let last = history.events.last?.id ?? rig.journal.position
            try await eventually("all to be written") { rig.journal.position >= last }
            for number in 0..<60 {
                let filter = Self.filter(history.events, &random)
                let start: EventStart =
                    Bool.random(using: &random)
                    ? .oldest : .after(history.events.randomElement(using: &random)?.id ?? last)
                let limit = [1, 3, 10, 1000].randomElement(using: &random) ?? 10
                let found = try await rig.readAll(start, filter, limit: limit).map(\.id)
                let isEqual = found == Self.expected(history.events, filter, behind: start)
                #expect(isEqual, "seed \(seed), round \(round), question \(number): \(filter), \(start)")
            }
            await rig.journal.stop()
        }
    }
}
