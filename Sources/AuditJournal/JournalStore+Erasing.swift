import Foundation
import GRDB
import SessionModel

/// Forgetting a user: their events lose everything but id, type and time, and the chain still fits.
extension JournalStore {
    /// Erases all events of a user, and those of sessions that were the user's and name nobody.
    ///
    /// - Parameter id: the event that tells of it.
    /// - Returns: how many events were erased, and the hash of the last one's remains, or of the id where there is none.
    static func erase(_ userID: UserID, by id: EventID, _ db: Database) throws -> (count: Int, digest: String) {
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
        var digest = HashChain.hash(id.description)
        for row in rows {
            let place: Int64 = try row.decode(atIndex: 0)
            guard let erased = try? ErasedEvent(of: row.decode(atIndex: 1), forgottenBy: id, behind: digest) else {
                // It was changed by somebody else. That is for `sessiond verify` to say.
                throw JournalFailure.strayEvent
            }
            let body = erased.body
            try execute(
                db, "UPDATE event SET type = ?, session = NULL, user_id = NULL, body = ? WHERE place = ?",
                [EventType.erased.shortName, body, place])
            digest = HashChain.hash(body)
        }
        try execute(db, "DELETE FROM login WHERE user_id = ?", [user])
        return (rows.count, digest)
    }
}
