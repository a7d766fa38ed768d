import AuditJournal
import SessionModel
import TestSupport
import Testing

/// Many events: all can be paged, whatever is asked for.
@Suite struct LargeJournalTests {
    private static let now: Int64 = 1_700_000_000_000
    private static let count: UInt64 = 100_000
    private static let userCount: UInt64 = 50

    /// Logins at odd sequences, each ended by the next event; a second between two.
    private static func event(_ sequence: UInt64, _ run: UInt64) -> SessionEvent {
        let login = EventID(run: run, sequence: (sequence - 1) | 1)
        let user = UserID("\(login.sequence / 2 % userCount)")
        return SessionEvent(
            id: EventID(run: run, sequence: sequence), time: now + Int64(sequence) * 1000,
            subject: Sample.session("\(login.sequence)"),
            kind: sequence == login.sequence
                ? .login(userID: user, backend: "b", expiresAt: nil, cause: .created)
                : .logout(userID: user, backend: "b", loginID: login, reason: .deleted))
    }

    @Test("100,000 events are paged as a whole and by user, session, type and time, each once and in order")
    func paging() async throws {
        let rig = await JournalRig(try TemporaryFolder(), at: Self.now)
        let run = try #require(rig.opening).run
        let all = Array(1...Self.count)
        for start in stride(from: 0, to: all.count, by: 2000) {
            rig.journal.append(all[start..<start + 2000].map { Self.event($0, run) })
            try await eventually("room") { rig.journal.figures.waitingCount < 10_000 }
        }
        try await eventually("all to be written") { rig.journal.position.sequence == Self.count }
        func sequences(_ filter: EventFilter) async throws -> [UInt64] {
            try await rig.readAll(.oldest, filter, limit: 1000).map(\.id.sequence)
        }
        #expect(try await sequences(EventFilter()) == all)
        #expect(
            try await sequences(EventFilter(userID: UserID("7"))) == all.filter { ($0 - 1) / 2 % Self.userCount == 7 })
        #expect(try await sequences(EventFilter(types: [.logout])) == all.filter { $0 % 2 == 0 })
        #expect(try await sequences(EventFilter(session: Sample.session("70001"))) == [70001, 70002])
        var filter = EventFilter(types: [.login])
        (filter.since, filter.until) = (Self.now + 50_000_000, Self.now + 60_000_000)
        #expect(try await sequences(filter) == (50_000..<60_000).filter { $0 % 2 == 1 })
        filter = EventFilter()
        filter.openAt = Self.now + 99_999_000
        #expect(try await sequences(filter) == [99_999])
        await rig.journal.stop()
    }
}
