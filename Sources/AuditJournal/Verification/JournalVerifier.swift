import Foundation
import GRDB
import SessionModel

/// Verifies a journal's file from its beginning, also while a daemon writes there: what is committed at the start counts.
package enum JournalVerifier {
    /// - Parameters:
    ///   - path: of the SQLite file.
    ///   - progress: told now and then how many events were walked.
    /// - Returns: what was walked; everything holds.
    /// - Throws: ``JournalAudit/Fault`` at the first place that does not hold, ``JournalFailure`` where it cannot be read.
    package static func verify(_ path: String, progress: (Int) -> Void = { _ in }) throws -> JournalAudit {
        do {
            return try JournalFile.open(path).read { try verify($0, progress) }
        } catch let fault as JournalAudit.Fault {
            throw fault
        } catch {
            throw JournalFailure(error)
        }
    }

    private static func verify(_ db: Database, _ progress: (Int) -> Void) throws -> JournalAudit {
        if let problem = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)"), problem != "ok" {
            throw JournalAudit.Fault(id: nil, problem: "the file is damaged: \(problem)")
        }
        guard let journal = try Row.fetchOne(db, sql: "SELECT uuid, pruned_place, pruned_hash FROM journal") else {
            throw JournalAudit.Fault(id: nil, problem: "the file holds no journal")
        }
        let runs = try RunTable(db)
        let source = "urn:uuid:\(try journal.decode(String.self, atIndex: 0))"
        let pruned: Int64 = try journal.decode(atIndex: 1)
        var audit = JournalAudit(
            anchor: try journal.decode(String?.self, atIndex: 2) ?? HashChain(source: source).head,
            after: pruned == 0 ? nil : runs.id(at: pruned))
        let rows = try Row.fetchCursor(
            db, sql: "SELECT place, time, type, session, user_id, body FROM event ORDER BY place")
        while let row = try rows.next() {
            let event = try audit.take(String.fromDatabaseValue(row["body"]) ?? "")
            try compare(row, event, source, runs)
            if audit.eventCount % 10_000 == 0 { progress(audit.eventCount) }
        }
        try audit.end()
        try compareLogins(audit, through: pruned, runs, db)
        return audit
    }

    /// Whether the columns, by which events are found, say what the event says.
    private static func compare(
        _ row: Row, _ event: JournalAudit.Event, _ source: String, _ runs: RunTable
    ) throws(JournalAudit.Fault) {
        let id = EventID(event.id)
        var problem: String?
        if Int64.fromDatabaseValue(row["place"]).flatMap(runs.id) != id {
            problem = "it lies at the place of another event"
        }
        if event.source != source { problem = "it is of another journal, \(event.source)" }
        if Timestamp.parse(event.time) != Int64.fromDatabaseValue(row["time"]) {
            problem = "it is filed under another time"
        }
        if event.type != String.fromDatabaseValue(row["type"]).map({ "dev.sessiond." + $0 }) {
            problem = "it is filed under another type"
        }
        let session: DatabaseValue = row["session"]
        let named = Data.fromDatabaseValue(session).flatMap { Fingerprint(bytes: $0) }?.description
        if named != event.subject || session.isNull != (event.subject == nil) {
            problem = "it is filed under another session"
        }
        let user: DatabaseValue = row["user_id"]
        if (user.isNull ? nil : UserID(StoredText.text(user))) != event.data.userID.map({ UserID($0) }) {
            problem = "it is filed under another user"
        }
        if let problem { throw JournalAudit.Fault(id: id, problem: problem) }
    }

    /// Whether the table of logins, from which a daemon goes on, says what the events say.
    private static func compareLogins(
        _ audit: JournalAudit, through pruned: Int64, _ runs: RunTable, _ db: Database
    ) throws {
        let places = try Int64.fetchSet(db, sql: "SELECT place FROM login WHERE logout_place IS NULL")
        let expected = Set(audit.open.keys.compactMap { runs.place(of: $0) })
        for place in places.symmetricDifference(expected).sorted() where place > pruned {
            throw JournalAudit.Fault(
                id: runs.id(at: place),
                problem: places.contains(place)
                    ? "the table of logins holds it as open, the events do not"
                    : "the events leave it open, the table of logins does not hold it")
        }
    }
}
