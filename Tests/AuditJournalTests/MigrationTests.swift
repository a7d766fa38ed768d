import Foundation
import GRDB
import SessionModel
import TestSupport
import Testing

@testable import AuditJournal

/// The journal of every version that was released is opened, and goes on.
///
/// `Schemas/<version>.sql` is a dump (`sqlite3 journal.sqlite .dump`) of a journal that that version wrote; it never changes.
@Suite struct MigrationTests {
    private static let schemas = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Schemas")

    private static var versions: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: schemas.path)) ?? []).map { String($0.dropLast(4)) }
            .sorted()
    }

    @Test("Every version of the schema has a journal of its time here")
    func complete() {
        #expect(Self.versions == JournalSchema.migrator.migrations.sorted())
    }

    @Test(
        "An older journal is taken over with its events and its open logins, and holds with what is added",
        arguments: versions)
    func migrate(version: String) async throws {
        let folder = try TemporaryFolder()
        mkdir(folder.file("state"), 0o700)
        let path = JournalFile.path(in: folder.file("state"))
        let dump = try String(contentsOf: Self.schemas.appending(path: "\(version).sql"), encoding: .utf8)
        try SQLite.execute(dump, in: path)
        let rig = await JournalRig(folder)
        let opening = try #require(rig.opening)
        #expect(opening.openLogins.values.map(\.userID.text).sorted() == ["1", "2"])
        #expect(opening.gap != nil)
        let before = rig.journal.figures.eventCount
        try await rig.write([Sample.online(1, run: opening.run)])
        #expect(rig.journal.figures.eventCount == before + 1)
        await rig.journal.stop()
        #expect(try JournalVerifier.verify(path).eventCount == before + 1)
    }
}
