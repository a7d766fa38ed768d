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
    /// - Parameter newest: the newest position that was given out under the last run, whether it was written or not.
    func holdsAll(behind id: EventID, newest: EventID?) -> Bool {
        guard let place = runs.place(of: id), place >= prunedPlace else { return false }
        return runs.hasGivenOut(id) || newest.map { id.run == $0.run && id <= $0 } ?? false
    }

    /// A page of events.
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
