import HeapModule
import SessionModel

/// Which sessions expire within the next minutes.
///
/// ```
///   all records, a 64th every second ──expires within two minutes──▶ heap, earliest first ──▶ due
/// ```
/// So a session costs nothing here for most of its life, however often it is renewed. Every record is looked at once in
/// about 64 seconds, and what is written with a near deadline is watched at once: none is missed.
struct DeadlineWatch {
    private var heap = Heap<Watched>()
    private var sweptAt: Int64?
    private var cursor: TableCursor = .init()

    /// How often a portion of the table is looked at, in milliseconds, and in how many portions.
    private static let (interval, portionCount): (Int64, Int) = (1000, 64)
    /// How far ahead deadlines are watched, in milliseconds: twice what it takes to look at all.
    static let horizon = 2 * interval * Int64(portionCount)

    struct Watched: Comparable {
        var deadline: Int64
        var place: SessionPlace

        static func < (left: Watched, right: Watched) -> Bool { left.deadline < right.deadline }
        static func == (left: Watched, right: Watched) -> Bool { left.deadline == right.deadline }
    }

    var count: Int { heap.count }

    /// When to look again; monotonic clock, milliseconds.
    func next(isTableEmpty: Bool) -> Int64? {
        let sweep = isTableEmpty ? nil : sweptAt.map { $0 + Self.interval }
        return [heap.min?.deadline, sweep].compactMap { $0 }.min()
    }

    /// A session was written.
    mutating func note(_ deadline: Int64, of place: SessionPlace, in table: SessionTable, at uptime: Int64) {
        if sweptAt == nil { sweptAt = uptime }
        guard deadline < uptime + Self.horizon else { return }
        table.setQueued(true, at: place)
        heap.insert(Watched(deadline: deadline, place: place))
        // More than there are sessions, twice over: most are of some that are gone, or were renewed.
        if heap.count > 1024, heap.count > 2 * table.count { compact(table) }
    }

    /// Looks at the portions of the table whose turn has come.
    mutating func sweep(_ table: SessionTable, at uptime: Int64) {
        guard let last = sweptAt else { return }
        let portions = (uptime - last) / Self.interval
        guard portions > 0 else { return }
        sweptAt = last + portions * Self.interval
        let share = min(Int(portions), Self.portionCount)
        for found in table.expiring(before: uptime + Self.horizon, share, of: Self.portionCount, &cursor) {
            heap.insert(found)
        }
    }

    /// Removes and returns the place of a session whose deadline has come; it may have been renewed since, or be gone.
    mutating func popDue(at uptime: Int64) -> SessionPlace? {
        guard let first = heap.min, first.deadline <= uptime else { return nil }
        heap.removeMin()
        return first.place
    }

    private mutating func compact(_ table: SessionTable) {
        var seen: Set<SessionPlace> = []
        heap = Heap(
            heap.unordered.compactMap { watched in
                guard let deadline = table.queuedDeadline(at: watched.place), seen.insert(watched.place).inserted else {
                    return nil
                }
                return Watched(deadline: deadline, place: watched.place)
            })
    }
}

/// How far the table was looked through, in each of its shards.
struct TableCursor {
    var locals = Array(repeating: 0, count: SessionTable.shardCount)
}
