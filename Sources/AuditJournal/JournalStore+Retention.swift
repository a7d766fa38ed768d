import GRDB
import SessionModel

/// How much a journal holds; nil is no bound. The oldest events go, whatever is logged in stays known.
package struct JournalRetention: Sendable, Equatable {
    /// Milliseconds since an event was recorded.
    package var ageMax: Int64?
    package var countMax: Int?
    /// Bytes of the file.
    package var bytesMax: Int?

    package init(ageMax: Int64? = nil, countMax: Int? = nil, bytesMax: Int? = nil) {
        self.ageMax = ageMax
        self.countMax = countMax
        self.bytesMax = bytesMax
    }
}

extension JournalStore {
    /// How many events one step removes: about as long as writing them takes.
    private static let stepCount = 500
    /// So many of the newest events stay however large the file is: what is logged in has its place there, too, and could leave none.
    private static let leastCount = 1000
    /// How many pages of the file one step gives back.
    private static let stepPages = 200

    /// Removes some of the events that are too many.
    ///
    /// - Returns: Whether there may be more.
    func prune(_ retention: JournalRetention, at now: Int64) throws(JournalFailure) -> Bool {
        do {
            return try pool.writeWithoutTransaction { db in
                let count = try excess(over: retention, at: now, db)
                guard count > 0, let oldest = oldestPlace else { return try giveBack(db) }
                var cut: (place: Int64, hash: String)?
                try db.inTransaction(.immediate) {
                    guard
                        let row = try Row.fetchOne(
                            db,
                            sql: "SELECT place, body FROM event WHERE place >= ? ORDER BY place LIMIT 1 OFFSET ?",
                            arguments: [oldest, count - 1])
                    else { return .rollback }
                    let place: Int64 = try row.decode(atIndex: 0)
                    let hash = HashChain.link(of: try row.decode(atIndex: 1))
                    try Self.execute(db, "DELETE FROM event WHERE place <= ?", [place])
                    try Self.execute(db, "DELETE FROM login WHERE logout_place <= ?", [place])
                    try Self.execute(db, "UPDATE journal SET pruned_place = ?, pruned_hash = ?", [place, hash])
                    cut = (place, hash)
                    return .commit
                }
                guard let cut else { return false }
                try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.stepPages))")
                prunedPlace = cut.place
                eventCount -= count
                oldestPlace = try Int64.fetchOne(db, sql: "SELECT min(place) FROM event")
                return true
            }
        } catch {
            throw JournalFailure(error)
        }
    }

    /// Gives back what of the file holds nothing, once there is nothing more to remove.
    ///
    /// - Returns: Whether there may be more.
    private func giveBack(_ db: Database) throws -> Bool {
        guard try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 > Self.stepPages else { return false }
        try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.stepPages))")
        // The file becomes smaller with it, where no reader is in the way.
        _ = try? db.checkpoint(.passive)
        return true
    }

    /// How many events one step has to remove.
    private func excess(over retention: JournalRetention, at now: Int64, _ db: Database) throws -> Int {
        if let countMax = retention.countMax, eventCount > countMax {
            return min(eventCount - countMax, Self.stepCount)
        }
        if let bytesMax = retention.bytesMax, eventCount > Self.leastCount, try usedBytes(db) > bytesMax {
            return min(eventCount - Self.leastCount, Self.stepCount)
        }
        guard let ageMax = retention.ageMax else { return 0 }
        // Recording times only rise: those that are too old are the first ones.
        return try Int.fetchOne(
            db, sql: "SELECT count(*) FROM (SELECT 1 FROM event WHERE recorded_at < ? LIMIT ?)",
            arguments: [now - ageMax, Self.stepCount]) ?? 0
    }

    /// Bytes of the file that hold something.
    private func usedBytes(_ db: Database) throws -> Int {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        return (pages - free) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
    }
}
