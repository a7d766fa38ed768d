import AuditJournal
import Foundation
import SessionModel
import TestSupport
import Testing

/// Whatever a disk makes of a journal's bytes: it is said to be damaged, or read as it is, and the daemon lives.
@Suite struct DamageTests {
    private static let now: Int64 = 1_700_000_000_000

    /// The file of a journal whose daemon has ended.
    private func journal(_ folder: TemporaryFolder) async throws -> [UInt8] {
        let rig = await JournalRig(folder)
        var history = EventHistory(seed: 6, run: try #require(rig.opening).run)
        try await rig.write((0..<60).flatMap { _ in history.turn(at: Self.now) })
        await rig.journal.stop()
        return Array(try Data(contentsOf: URL(fileURLWithPath: rig.path)))
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 2:
            let end = min(index + Int.random(in: 1..<600, using: &random), bytes.count)
            for index in index..<end { bytes[index] = 0 }
        default:
            // A record's columns say here of which type they are.
            bytes[index] = UInt8.random(in: 0...13, using: &random)
        }
    }

    @Test("No damage to the file ends the daemon, whether it opens, reads, writes or verifies", arguments: 1...2)
    func damaged(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let whole = try await journal(folder)
        var random = SeededGenerator(seed: seed)
        for number in 0..<100 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) { Self.damage(&bytes, &random) }
            let directory = folder.file("damaged-\(number)")
            mkdir(directory, 0o700)
            try Data(bytes).write(to: URL(fileURLWithPath: JournalFile.path(in: directory)))
            _ = try? JournalVerifier.verify(JournalFile.path(in: directory))
            let rig = await JournalRig(folder, directory: directory)
            if let opening = rig.opening {
                rig.journal.append([Sample.online(1, run: opening.run)])
                for filter in [EventFilter(), EventFilter(types: [.login]), EventFilter(userID: UserID("a"))] {
                    _ = try? await rig.readAll(.oldest, filter, limit: 1000)
                }
            } else {
                #expect(rig.journal.interruption != nil)
            }
            await rig.journal.stop()
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    @Test("No value that a table should not hold ends the daemon, nor those who read", arguments: DamageTests.edits)
    func edited(sql: String) async throws {
        let folder = try TemporaryFolder()
        _ = try await journal(folder)
        try SQLite.execute(sql, in: JournalFile.path(in: folder.file("state")))
        let rig = await JournalRig(folder)
        _ = try? JournalVerifier.verify(rig.path)
        if let opening = rig.opening { rig.journal.append([Sample.online(1, run: opening.run)]) }
        for filter in [EventFilter(), EventFilter(types: [.login])] {
            _ = try? await rig.readAll(.oldest, filter, limit: 1000)
        }
        await rig.journal.stop()
    }

    @Test("Where an event of a user cannot be read the user is not forgotten, and the journal goes on")
    func forgetting() async throws {
        let folder = try TemporaryFolder()
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        try await rig.write([Sample.online(1, run: run)])
        try SQLite.execute("UPDATE event SET body = 'x'", in: rig.path)
        let count = await withCheckedContinuation { continuation in
            let forgetting = Forgetting(userID: UserID("1"), byUID: 0)
            rig.journal.append(
                [SessionEvent(id: EventID(run: run, sequence: 2), time: 0, subject: nil, kind: .forgotten(forgetting))],
                completion: { continuation.resume(returning: $0) })
        }
        #expect(count == nil)
        _ = try await rig.takeOpening()
        rig.journal.open()
        try await rig.write([Sample.online(3, run: run)])
        #expect(rig.journal.interruption == nil)
        await rig.journal.stop()
    }

    static let edits = [
        "UPDATE run SET last_sequence = -1", "UPDATE run SET last_sequence = 'x'", "UPDATE run SET run = 'x'",
        "UPDATE run SET run = x'ff'", "UPDATE run SET number = 9223372036854775807",
        "UPDATE run SET run = 'ffffffffffffffff'",
        "DELETE FROM run", "DELETE FROM journal", "UPDATE journal SET uuid = x'ff'",
        "UPDATE journal SET alive_at = 'x'",
        "UPDATE journal SET pruned_place = 'x'", "UPDATE journal SET pruned_hash = x'ff'",
        "UPDATE event SET body = x'ff'", "UPDATE event SET body = ''", "UPDATE event SET body = 7",
        "UPDATE event SET recorded_at = 'x'", "UPDATE event SET time = x'ff'", "UPDATE event SET type = x'ff'",
        "UPDATE event SET session = 'x'", "UPDATE event SET user_id = 7.5",
        "UPDATE event SET place = place + 1000000000000000",
        "UPDATE event SET place = -place",
        "UPDATE login SET session = 'x'||place", "UPDATE login SET user_id = x'ff'", "UPDATE login SET backend = 7.5",
        "UPDATE login SET began_at = 'x'", "UPDATE login SET expires_at = 'x'", "UPDATE login SET expires_at = 1e300",
        "UPDATE login SET began_at = 1e300",
        "UPDATE login SET place = -place", "UPDATE login SET logout_place = 'x'",
        "UPDATE login SET previous_session = 'x'",
        "DROP TABLE login", "DROP TABLE run", "DROP INDEX event_late", "DELETE FROM grdb_migrations",
    ]

}
