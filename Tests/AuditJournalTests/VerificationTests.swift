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

    // MARK: Forgeries

    /// What the user `a` did is erased, and then somebody else's login is changed.
    private func forgotten() async throws -> (
        path: String, events: [RecordedEvent], other: RecordedEvent, digest: String
    ) {
        let (path, events) = try await journal { rig, history in
            try await rig.write(history.logoutAll(at: 1_700_000_000_000))
            let id = EventID(run: rig.journal.position.run, sequence: rig.journal.position.sequence + 1)
            let forgetting = Forgetting(userID: UserID("a"), byUID: 7)
            try await rig.write([SessionEvent(id: id, time: 0, subject: nil, kind: .forgotten(forgetting))])
        }
        let other = try #require(events.last { Self.text($0).contains("dev.sessiond.login") })
        let told = try #require(events.last.map(Self.text))
        let digest = try #require(told.firstMatch(of: /"digest":"([0-9a-f]{64})"/)?.1)
        return (path, events, other, String(digest))
    }

    private static func text(_ event: RecordedEvent) -> String { String(decoding: event.json, as: UTF8.self) }

    private static func hash(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// What the daemon would leave of an event.
    private static func remains(
        of text: String, forgottenBy forgotten: EventID, behind previous: String, type: String = "login"
    ) throws -> String {
        func member(_ name: String) throws -> Substring {
            try #require(text.firstMatch(of: try Regex("\"\(name)\":\"([^\"]*)\"", as: (Substring, Substring).self))?.1)
        }
        return """
            {"specversion":"1.0","id":"\(try member("id"))","source":"\(try member("source"))",\
            "type":"dev.sessiond.erased","time":"\(try member("time"))","datacontenttype":"application/json",\
            "data":{"type":"dev.sessiond.\(type)","forgotten_id":"\(forgotten)"},\
            "previoushash":"\(try member("previoushash"))","previouserasedhash":"\(previous)",\
            "erasedhash":"\(hash(text))"}
            """
    }

    @Test("Nothing that is said to be erased is believed, unless the forgetting itself vouches for it")
    func forgeries() async throws {
        let (path, events, other, digest) = try await forgotten()
        let original = Self.text(other)
        let forgotten = try #require(events.last).id
        var forgeries = [
            // The chain would fit, if whatever carries the hash were believed.
            original.replacing("\"cause\":\"created\"", with: "\"cause\":\"upgraded\"").dropLast()
                + ",\"erasedhash\":\"\(Self.hash(original))\"}",
            // As the daemon would write it, at the end of what was erased, at its beginning, by nobody, and by itself.
            try Self.remains(of: original, forgottenBy: forgotten, behind: digest),
            try Self.remains(of: original, forgottenBy: forgotten, behind: Self.hash(forgotten.description)),
            try Self.remains(
                of: original, forgottenBy: EventID(run: forgotten.run, sequence: forgotten.sequence + 1),
                behind: Self.hash(EventID(run: forgotten.run, sequence: forgotten.sequence + 1).description)),
            try Self.remains(of: original, forgottenBy: other.id, behind: Self.hash(other.id.description)),
        ]
        // A member more than the daemon leaves.
        forgeries.append(String(forgeries[1].dropLast()) + ",\"note\":1}")
        let key = Curve25519.Signing.PrivateKey()
        let lines = try export(events, key)
        let index = try #require(events.firstIndex { $0.id == other.id })
        #expect(try JournalExport.verify(lines, signedBy: key.publicKey).erasedCount > 0)
        for (number, forgery) in forgeries.enumerated() {
            var changed = lines
            changed[index] = forgery
            #expect(throws: JournalAudit.Fault.self, "export \(number)") {
                try JournalExport.verify(changed, signedBy: key.publicKey)
            }
            // Signed after the change, by whoever trusts the file.
            #expect(throws: JournalAudit.Fault.self, "new export \(number)") {
                _ = try export(
                    events.map { $0.id == other.id ? RecordedEvent(id: $0.id, json: Array(forgery.utf8)) : $0 }, key)
            }
            let copy = folder.file("forged-\(number).sqlite")
            try JournalFile.copy(path, to: copy)
            let text = forgery.replacing("'", with: "''")
            try SQLite.execute(
                """
                UPDATE event SET body = '\(text)', type = CASE WHEN '\(text)' LIKE '%.erased%' THEN 'erased' ELSE type END,
                    session = CASE WHEN '\(text)' LIKE '%.erased%' THEN NULL ELSE session END,
                    user_id = CASE WHEN '\(text)' LIKE '%.erased%' THEN NULL ELSE user_id END
                WHERE body LIKE '%\(other.id)","source%'
                """, in: copy)
            #expect(fault(in: copy) != nil, "file \(number)")
        }
    }

    @Test("What is left of an event cannot be changed, and what tells of a forgetting cannot be erased")
    func changedRemains() async throws {
        let (path, events, _, _) = try await forgotten()
        let erased = try #require(events.firstIndex { Self.text($0).contains("dev.sessiond.erased") })
        let text = Self.text(events[erased])
        let time = try #require(text.firstMatch(of: /"time":"([^"]*)"/)?.1)
        let other = String(time.dropLast(2)) + (time.hasSuffix("0Z") ? "1Z" : "0Z")
        try SQLite.execute(
            """
            UPDATE event SET body = replace(body, '\(time)', '\(other)'), time = time + (\(time.hasSuffix("0Z") ? 1 : 0)
                - \(time.hasSuffix("0Z") ? 0 : Int(String(time.dropLast().last!))!))
            WHERE body LIKE '%\(events[erased].id)","source%'
            """, in: path)
        #expect(fault(in: path) != nil)
        let told = Self.text(try #require(events.last))
        let last = try #require(events.last).id
        let stub = try Self.remains(
            of: told, forgottenBy: EventID(run: last.run, sequence: last.sequence + 1), behind: "", type: "forgotten")
        let key = Curve25519.Signing.PrivateKey()
        #expect(throws: JournalAudit.Fault.self) {
            _ = try export(
                events.dropLast() + [RecordedEvent(id: last, json: Array(stub.utf8))], key)
        }
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
