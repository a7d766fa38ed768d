import AuditJournal
import Crypto
import Foundation
import SessionModel
import TestSupport
import Testing

/// Whatever is changed in a journal or an export afterwards is found, and the place is named.
@Suite struct VerificationTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A journal's file, whose daemon has ended, and its events.
    private func journal(
        _ write: (JournalRig, inout EventHistory) async throws -> Void = { _, _ in }
    ) async throws -> (String, [RecordedEvent]) {
        let rig = await JournalRig(folder)
        var history = EventHistory(seed: 2, run: try #require(rig.opening).run)
        for _ in 0..<30 { try await rig.write(history.turn(at: 1_700_000_000_000)) }
        try await write(rig, &history)
        let events = try await rig.readAll(.oldest, EventFilter(), limit: 100)
        await rig.journal.stop()
        return (rig.path, events)
    }

    private func fault(in path: String) -> JournalAudit.Fault? {
        do {
            _ = try JournalVerifier.verify(path)
            return nil
        } catch {
            return error as? JournalAudit.Fault
        }
    }

    static let changes: [(sql: String, brokenAt: Int)] = [
        ("UPDATE event SET body = replace(body, '/json', '/jsox') WHERE place = :10", 11),
        ("DELETE FROM event WHERE place = :10", 11),
        ("DELETE FROM event WHERE place = :0", 1),
        ("UPDATE event SET time = time + 1 WHERE place = :10", 10),
        ("UPDATE event SET type = 'rejected' WHERE place = :10", 10),
        ("UPDATE event SET session = x'00112233445566778899aabbccddeeff' WHERE place = :10", 10),
        ("UPDATE event SET user_id = 'nobody' WHERE place = :10", 10),
    ]

    @Test("An event that was changed, moved or taken away is named, or the one behind it", arguments: 0..<7)
    func changes(number: Int) async throws {
        let (path, events) = try await journal()
        #expect(fault(in: path) == nil)
        let places = try SQLite.rows("SELECT place FROM event ORDER BY place", in: path).map { $0[0] }
        let change = Self.changes[number]
        let sql = change.sql.replacing(":10", with: places[10]).replacing(":0", with: places[0])
        try SQLite.execute(sql, in: path)
        #expect(fault(in: path)?.id == events[change.brokenAt].id, "\(String(describing: fault(in: path)))")
    }

    @Test("A login that is taken out of the table of logins is named")
    func logins() async throws {
        let (path, _) = try await journal()
        try SQLite.execute(
            "DELETE FROM login WHERE place = (SELECT max(place) FROM login WHERE logout_place IS NULL)", in: path)
        #expect(fault(in: path)?.problem.contains("table of logins") == true)
    }

    @Test("A forgotten user's events keep the chain; one erased without a word breaks it")
    func erased() async throws {
        let (path, events) = try await journal { rig, history in
            try await rig.write(history.logoutAll(at: 1_700_000_000_000))
            let id = EventID(run: rig.journal.position.run, sequence: rig.journal.position.sequence + 1)
            let forgetting = Forgetting(userID: UserID("a"), byUID: 7)
            try await rig.write([SessionEvent(id: id, time: 0, subject: nil, kind: .forgotten(forgetting))])
        }
        let audit = try JournalVerifier.verify(path)
        #expect(audit.erasedCount > 0)
        let told = String(decoding: events[events.count - 1].json, as: UTF8.self)
        #expect(told.contains("\"events\":\(audit.erasedCount),") && told.contains("\"by_uid\":7"))
        // What erases an event as the daemon does, but tells nobody.
        try SQLite.execute(
            "UPDATE event SET body = replace(body, '\"events\":\(audit.erasedCount)', '\"events\":1') WHERE type = 'forgotten'",
            in: path)
        #expect(fault(in: path) != nil)
    }

    @Test("No byte of a forgotten user is left in the files, and the others are whole")
    func forgetting() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        func login(_ sequence: UInt64, _ user: String) -> SessionEvent {
            SessionEvent(
                id: EventID(run: run, sequence: sequence), time: 0, subject: Sample.session(user),
                kind: .login(userID: UserID(user), backend: "b", expiresAt: nil, cause: .created))
        }
        func logout(_ sequence: UInt64, _ user: String, of login: UInt64) -> SessionEvent {
            SessionEvent(
                id: EventID(run: run, sequence: sequence), time: 0, subject: Sample.session(user),
                kind: .logout(
                    userID: UserID(user), backend: "b", loginID: EventID(run: run, sequence: login), reason: .deleted))
        }
        try await rig.write([login(1, "somebody-to-forget"), login(2, "another-user")])
        try await rig.write([logout(3, "somebody-to-forget", of: 1), logout(4, "another-user", of: 2)])
        let count = await withCheckedContinuation { continuation in
            let forgetting = Forgetting(userID: UserID("somebody-to-forget"), byUID: 0)
            rig.journal.append(
                [SessionEvent(id: EventID(run: run, sequence: 5), time: 0, subject: nil, kind: .forgotten(forgetting))],
                completion: { continuation.resume(returning: $0) })
        }
        #expect(count == 2)
        for name in try FileManager.default.contentsOfDirectory(atPath: rig.directory) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: rig.directory + "/" + name))
            #expect(bytes.range(of: Data("somebody-to-forget".utf8)) == nil, "\(name)")
            #expect(bytes.range(of: Data(Sample.session("somebody-to-forget").bytes)) == nil, "\(name)")
        }
        let events = try await rig.read().events.map { String(decoding: $0.json, as: UTF8.self) }
        #expect(events.filter { $0.contains("another-user") }.count == 2)
        var filter = EventFilter()
        let recent = try rig.journal.recent(from: .after(EventID(run: run, sequence: 4)), matching: &filter, limit: 9)
        #expect(recent?.events.count == 1)
        await rig.journal.stop()
        #expect(throws: Never.self) { try JournalVerifier.verify(rig.path) }
    }

    // MARK: Exports

    private func export(_ events: [RecordedEvent], _ key: Curve25519.Signing.PrivateKey) throws -> [String] {
        var export = JournalExport()
        for event in events { try export.add(event.json) }
        let seal = try #require(try export.seal(key, at: 0))
        return (events.map(\.json) + seal).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("An export holds for its key; from the middle, too")
    func export() async throws {
        let (_, events) = try await journal()
        let key = Curve25519.Signing.PrivateKey()
        for first in [0, 10] {
            let lines = try export(Array(events[first...]), key)
            #expect(try JournalExport.verify(lines, signedBy: key.publicKey).eventCount == events.count - first)
        }
    }

    @Test("Whatever line of an export is left out, doubled or changed, it does not hold")
    func changedExports() async throws {
        let (_, events) = try await journal()
        let key = Curve25519.Signing.PrivateKey()
        let lines = try export(events, key)
        for index in lines.indices {
            var variants = [lines, lines, lines]
            variants[0].remove(at: index)
            variants[1].insert(lines[index], at: index)
            variants[2][index] = lines[index].replacing("1", with: "2", maxReplacements: 1)
            for variant in variants where variant != lines {
                #expect(throws: JournalAudit.Fault.self) { try JournalExport.verify(variant, signedBy: key.publicKey) }
            }
        }
        #expect(throws: JournalAudit.Fault.self) {
            try JournalExport.verify(lines, signedBy: Curve25519.Signing.PrivateKey().publicKey)
        }
    }

    @Test("Keys are read back from their PEM, and nothing else is taken for one")
    func keys() throws {
        let key = Curve25519.Signing.PrivateKey()
        #expect(SigningKey.privateKey(pem: SigningKey.pem(key))?.rawRepresentation == key.rawRepresentation)
        let publicKey = SigningKey.publicKey(pem: SigningKey.pem(key.publicKey))
        #expect(publicKey?.rawRepresentation == key.publicKey.rawRepresentation)
        #expect(SigningKey.privateKey(pem: SigningKey.pem(key.publicKey)) == nil)
        for text in [
            "", "x", SigningKey.pem(key).replacing("PRIVATE", with: "RSA"), String(SigningKey.pem(key).dropLast(30)),
        ] {
            #expect(SigningKey.privateKey(pem: text) == nil)
        }
    }

    // MARK: Copies

    @Test("A copy made while events are written holds, and nothing is overwritten")
    func copy() async throws {
        let target = folder.file("copy.sqlite")
        let (path, events) = try await journal { rig, _ in
            rig.journal.append([Sample.online(5000, run: rig.journal.position.run)])
            try JournalFile.copy(rig.path, to: target)
        }
        let audit = try JournalVerifier.verify(target)
        #expect(audit.eventCount >= events.count - 1)
        #expect(throws: JournalFailure.exists(path: target)) { try JournalFile.copy(path, to: target) }
        #expect(try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int == 0o600)
    }
}
