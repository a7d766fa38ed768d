import Foundation
import GRDB
import SessionModel

/// Forgetting a user: their events lose everything but id, type and time, and the chain still fits.
extension JournalStore {
    /// Erases all events of a user, and those of sessions that were the user's and name nobody.
    ///
    /// - Parameter id: the event that tells of it.
    /// - Returns: the events that were erased.
    static func erase(_ userID: UserID, by id: EventID, runs: RunTable, _ db: Database) throws -> [EventID] {
        let user = StoredText.value(userID.text)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT place, body FROM event WHERE user_id = :user
                UNION SELECT place, body FROM event
                    WHERE user_id IS NULL AND session IN (SELECT session FROM login WHERE user_id = :user)
                ORDER BY place
                """,
            arguments: ["user": user])
        var erased: [EventID] = []
        for row in rows {
            let place: Int64 = try row.decode(atIndex: 0)
            guard let body = try? ErasedEvent.body(of: row.decode(atIndex: 1), forgottenBy: id) else {
                // It was changed by somebody else. That is for `sessiond verify` to say.
                throw JournalFailure.strayEvent
            }
            try execute(
                db, "UPDATE event SET type = ?, session = NULL, user_id = NULL, body = ? WHERE place = ?",
                [EventType.erased.shortName, body, place])
            if let id = runs.id(at: place) { erased.append(id) }
        }
        try execute(db, "DELETE FROM login WHERE user_id = ?", [user])
        return erased
    }
}
