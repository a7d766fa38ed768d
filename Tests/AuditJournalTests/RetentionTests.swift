import AuditJournal
import Foundation
import SessionModel
import TestSupport
import Testing

/// The oldest events go, in steps, and who is logged in stays known.
@Suite struct RetentionTests {
    private static let now: Int64 = 1_700_000_000_000
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func rig(_ retention: JournalRetention) async throws -> (JournalRig, EventHistory) {
        let rig = await JournalRig(folder, at: Self.now) { $0.retention = retention }
        return (rig, EventHistory(seed: 4, run: try #require(rig.opening).run))
    }

    /// Lets the journal look after itself until it has nothing more to remove.
    private func settle(_ rig: JournalRig, until condition: (JournalFigures) -> Bool) async throws {
        try await eventually("the journal to be smaller than \(rig.journal.figures)") {
            rig.clock.change { $0 += 1000 }
            return condition(rig.journal.figures)
        }
    }

    @Test("By count: the newest stay, what lies before is lost, the chain and the open logins hold")
    func count() async throws {
        var (rig, history) = try await rig(JournalRetention(countMax: 100))
        let start = rig.journal.position
        for _ in 0..<1200 { rig.journal.append(history.turn(at: Self.now)) }
        let audited = history.events.filter { !EventType.activity.contains($0.type) }.map(\.id)
        try await settle(rig) { $0.position >= audited[audited.count - 1] && $0.eventCount == 100 }
        #expect(try await rig.readAll(.oldest, EventFilter(), limit: 30).map(\.id) == Array(audited.suffix(100)))
        #expect(throws: PositionLost(oldest: audited[audited.count - 100])) {
            try rig.journal.check(.after(start), for: EventFilter())
        }
        #expect(throws: Never.self) {
            try rig.journal.check(.after(audited[audited.count - 101]), for: EventFilter())
        }
        await rig.journal.stop()
        #expect(try JournalVerifier.verify(rig.path).eventCount == 100)
        let closed = try SQLite.rows(
            "SELECT count(*) FROM login WHERE logout_place <= (SELECT pruned_place FROM journal)", in: rig.path)
        #expect(closed == [["0"]])
        let later = await JournalRig(folder)
        #expect(try #require(later.opening).openLogins == history.openLogins)
        await later.journal.stop()
    }

    @Test("By age: what was recorded earlier goes, however late it was")
    func age() async throws {
        let (rig, _) = try await rig(JournalRetention(ageMax: 60_000))
        let run = rig.journal.position.run
        try await rig.write([Sample.online(1, run: run), Sample.online(2, run: run)])
        rig.clock.change { $0 += 50_000 }
        try await rig.write([Sample.online(3, run: run)])
        rig.clock.change { $0 += 20_000 }
        try await eventually("the older ones to go") { rig.journal.figures.eventCount == 1 }
        #expect(try await rig.read().events.map(\.id.sequence) == [3])
        await rig.journal.stop()
    }

    @Test("Where what is logged in takes all the size, the newest events stay")
    func openLoginsAlone() async throws {
        let rig = await JournalRig(folder, at: Self.now) { $0.retention = JournalRetention(bytesMax: 1 << 19) }
        let run = try #require(rig.opening).run
        for start in stride(from: UInt64(0), to: 12_000, by: 400) {
            rig.journal.append(
                (UInt64(1)...400).map { number in
                    let sequence = start + number
                    return SessionEvent(
                        id: EventID(run: run, sequence: sequence), time: Self.now,
                        subject: Sample.session("\(sequence)"),
                        kind: .login(userID: UserID("\(sequence)"), backend: "b", expiresAt: nil, cause: .created))
                })
        }
        try await settle(rig) { $0.position.sequence == 12_000 && $0.eventCount == 1000 }
        #expect(try SQLite.rows("SELECT count(*) FROM login", in: rig.path)[0][0] == "12000")
        await rig.journal.stop()
    }

    @Test("By size: the file becomes smaller again")
    func size() async throws {
        let (rig, _) = try await rig(JournalRetention(bytesMax: 1 << 20))
        let run = rig.journal.position.run
        for start in stride(from: UInt64(1), to: 20_000, by: 500) {
            rig.journal.append((start..<start + 500).map { Sample.online($0, run: run) })
        }
        try await settle(rig) { $0.position.sequence == 20_000 && $0.eventCount < 4000 }
        #expect(rig.journal.figures.eventCount > 500)
        try await settle(rig) { _ in
            let size = (try? FileManager.default.attributesOfItem(atPath: rig.path)[.size] as? Int) ?? .max
            return size < 3 << 20
        }
        await rig.journal.stop()
        #expect(throws: Never.self) { try JournalVerifier.verify(rig.path) }
    }

    @Test("Nothing goes where nothing is asked for")
    func none() async throws {
        let (rig, _) = try await rig(JournalRetention())
        let run = rig.journal.position.run
        try await rig.write((1...2000).map { Sample.online(UInt64($0), run: run) })
        rig.clock.change { $0 += 1_000_000_000_000 }
        try await rig.write([Sample.online(2001, run: run)])
        #expect(rig.journal.figures.eventCount == 2001)
        await rig.journal.stop()
    }
}
