import DequeModule
import SessionModel

/// Keeps the decoded data of sessions within a number of bytes: what has been there longest goes first.
///
/// Who is logged in stays known; only what `session.get` shows beyond that has to be read again.
struct DataBudget {
    let bytesMax: Int
    private(set) var bytes = 0
    /// How many sessions have their data in memory.
    private var count = 0
    /// Sessions in the order in which their data came; some have none any more.
    private var order: Deque<SessionPlace> = []

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// A session's data was stored, replaced or removed.
    mutating func changed(at place: SessionPlace, from old: [UInt8]?, to new: [UInt8]?) {
        bytes += (new?.count ?? 0) - (old?.count ?? 0)
        count += (new == nil ? 0 : 1) - (old == nil ? 0 : 1)
        if old == nil, new != nil { order.append(place) }
    }

    /// The session whose data is to be dropped next; nil while there is room.
    mutating func popOverdue() -> SessionPlace? {
        bytes > bytesMax ? order.popFirst() : nil
    }

    /// A session's data was dropped.
    mutating func dropped(_ data: [UInt8]) {
        bytes -= data.count
        count -= 1
    }

    /// How many places are kept; for tests.
    var placeCount: Int { order.count }

    /// Whether most places are of sessions that are gone.
    var isSparse: Bool { order.count > 1024 && order.count > 2 * count }

    /// Forgets those places, so that logins and logouts leave nothing behind.
    mutating func compact(keeping hasData: (SessionPlace) -> Bool) {
        var seen: Set<SessionPlace> = []
        order = Deque(order.filter { hasData($0) && seen.insert($0).inserted })
    }
}
