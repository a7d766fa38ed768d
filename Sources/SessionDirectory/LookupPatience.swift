import DequeModule

/// How long lookups wait for Redis: a server that answers something, but not what they asked, must not keep them for ever.
///
/// Lookups that began within a quarter of that time share a mark, so that a lookup costs no timer and no memory of its own.
struct LookupPatience {
    private let milliseconds: Int64
    /// Tickets up to a number, and until when they wait; monotonic clock, milliseconds.
    private var marks: Deque<(until: Int64, through: UInt64)> = []

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    private var quarter: Int64 { max(milliseconds / 4, 1) }

    /// A lookup begins to wait. Later ones have higher numbers.
    ///
    /// - Parameter isAlone: nobody else waits.
    mutating func began(_ ticket: LookupTicket, isAlone: Bool, at now: Int64) {
        if isAlone { marks.removeAll(keepingCapacity: true) }
        if let last = marks.last, now < last.until - milliseconds {
            marks[marks.count - 1].through = ticket.number
        } else {
            marks.append((now + milliseconds + quarter, ticket.number))
        }
    }

    /// When the first of them have waited long enough.
    var next: Int64? { marks.first?.until }

    /// The number up to which tickets have waited long enough; nil where none has.
    mutating func popOverdue(at now: Int64) -> UInt64? {
        var overdue: UInt64?
        while let first = marks.first, first.until <= now {
            overdue = first.through
            marks.removeFirst()
        }
        return overdue
    }
}
