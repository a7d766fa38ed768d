import HeapModule
import SessionModel

/// When which session expires, earliest first.
///
/// A session that is renewed keeps its old, earlier place: when that comes up, the driver of the queue looks at the
/// entry and schedules the new deadline. So a session that is saved on every request costs one place, not one a save.
struct DeadlineQueue {
    private var heap = Heap<Place>()

    private struct Place: Comparable {
        var deadline: Int64
        var key: SessionKey

        static func < (left: Place, right: Place) -> Bool { left.deadline < right.deadline }
        static func == (left: Place, right: Place) -> Bool { left.deadline == right.deadline }
    }

    var count: Int { heap.count }

    /// The earliest deadline by the monotonic clock, in milliseconds.
    var next: Int64? { heap.min?.deadline }

    mutating func schedule(_ key: SessionKey, at deadline: Int64) {
        heap.insert(Place(deadline: deadline, key: key))
    }

    /// Removes and returns a key whose place has come up.
    mutating func popDue(at uptime: Int64) -> (key: SessionKey, deadline: Int64)? {
        guard let first = heap.min, first.deadline <= uptime else { return nil }
        heap.removeMin()
        return (first.key, first.deadline)
    }

    /// Forgets the places of sessions that are gone, so that logins and logouts leave nothing behind.
    ///
    /// - Parameter isCurrent: whether this is the place that the key's entry counts on.
    mutating func compact(keeping isCurrent: (SessionKey, Int64) -> Bool) {
        heap = Heap(heap.unordered.filter { isCurrent($0.key, $0.deadline) })
    }
}
