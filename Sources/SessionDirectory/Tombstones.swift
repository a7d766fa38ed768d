import DequeModule
import SessionModel

/// Which sessions were deleted lately: one that comes back was written again by a request that was in flight.
struct Tombstones {
    /// How long a deletion is remembered, in milliseconds.
    static let lifetime: Int64 = 10 * 60 * 1000
    /// How many deletions are remembered at most; beyond that the oldest are forgotten.
    static let countMax = 100_000

    private var deletedAt: [Fingerprint: Int64] = [:]
    private var order: Deque<(session: Fingerprint, deletedAt: Int64)> = []

    mutating func bury(_ session: Fingerprint, at uptime: Int64) {
        forget(before: uptime - Self.lifetime)
        deletedAt[session] = uptime
        order.append((session, uptime))
        if order.count > Self.countMax { dropFirst() }
    }

    /// Whether the session was deleted lately; it is then forgotten, since it lives again.
    mutating func exhume(_ session: Fingerprint, at uptime: Int64) -> Bool {
        forget(before: uptime - Self.lifetime)
        return deletedAt.removeValue(forKey: session) != nil
    }

    private mutating func forget(before uptime: Int64) {
        while let first = order.first, first.deletedAt < uptime { dropFirst() }
    }

    private mutating func dropFirst() {
        guard let first = order.popFirst() else { return }
        // A session that was deleted again later has a later place.
        if deletedAt[first.session] == first.deletedAt { deletedAt[first.session] = nil }
    }
}
