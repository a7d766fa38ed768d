import GRDB
import SessionModel
import Synchronization

/// What the file holds, as readers know it: the writer puts another one in place after every transaction.
struct HeldEvents: Sendable {
    /// Nil while the file is not open.
    var pool: DatabasePool?
    var runs = RunTable()
    var eventCount = 0
    var oldest: EventID?
    /// The newest event that retention removed.
    var prunedPlace: Int64 = 0
    /// The size of the files.
    var bytes = 0
    var interruption: JournalInterruption?

    /// Whether everything behind a position is held.
    ///
    /// - Parameter newest: the newest position that was given out, whether it was written or not.
    func holdsAll(behind id: EventID, newest: EventID?) -> Bool {
        guard let place = runs.place(of: id), place >= prunedPlace else { return false }
        if runs.hasGivenOut(id) { return true }
        // Of an earlier run only what the file says: it can be a copy from before the end of that run.
        guard let newest, newest.run == runs.last?.run else { return false }
        return id.run == newest.run && id <= newest
    }

    /// A page of events.
    ///
    /// - Throws: ``PositionLost`` where retention has removed events behind `start` since it was checked.
    func read(
        _ db: Database, from start: EventStart, matching filter: EventFilter, limit: Int
    ) throws -> (EventBatch, EventFilter) {
        var filter = filter
        var position: EventID
        switch start {
        case .oldest: position = EventID(run: runs.runs.first?.run ?? 0, sequence: 0)
        case .after(let id): position = id
        }
        let after = runs.place(of: position) ?? 0
        if case .after = start, after < (try Int64.fetchOne(db, sql: "SELECT pruned_place FROM journal") ?? 0) {
            let oldest = try Int64.fetchOne(db, sql: "SELECT min(place) FROM event")
            throw PositionLost(oldest: oldest.flatMap(runs.id))
        }
        try filter.followRotations(db)
        // What lies behind the newest one came while this was read, and has its turn.
        let newest = try Int64.fetchOne(db, sql: "SELECT max(place) FROM event") ?? after
        var query = EventQuery(after: after, filter: filter, limit: limit + 1)
        let rows = try query.rows(db)
        let events = rows.prefix(limit).compactMap { row in
            runs.id(at: row.place).map { RecordedEvent(id: $0, json: Array(row.body.utf8)) }
        }
        let hasMore = rows.count > limit
        if hasMore {
            if let last = events.last { position = last.id }
        } else {
            let start = EventID(run: runs.last?.run ?? 0, sequence: 0)
            position = max(position, runs.id(at: newest) ?? start, start)
        }
        return (EventBatch(events: events, position: position, hasMore: hasMore), filter)
    }
}

/// The newest ``HeldEvents``, for any thread.
final class JournalView: Sendable {
    private let held = Mutex(HeldEvents())

    var current: HeldEvents { held.withLock { $0 } }

    func change(_ change: (inout HeldEvents) -> Void) {
        held.withLock { change(&$0) }
    }
}
