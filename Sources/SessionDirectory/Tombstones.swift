import DequeModule
import SessionModel

/// Which sessions were deleted lately, and which of them at somebody's wish: one that comes back was written again by a
/// request that was in flight.
struct Tombstones {
    /// How long a deletion is remembered, in milliseconds.
    static let lifetime: Int64 = 10 * 60 * 1000
    /// How many deletions are remembered at most; beyond that the oldest are forgotten.
    static let countMax = 100_000

    /// How a session ended.
    enum Burial: Equatable {
        case deleted
        case revoked(byUID: UInt32)
    }

    private var buried: [Fingerprint: (at: Int64, how: Burial)] = [:]
    private var order: Deque<(session: Fingerprint, deletedAt: Int64)> = []

    mutating func bury(_ session: Fingerprint, _ how: Burial, at uptime: Int64) {
        forget(before: uptime - Self.lifetime)
        var how = how
        // Whoever else deleted it: it is not to come back.
        if how == .deleted, case .revoked(let uid)? = buried[session]?.how { how = .revoked(byUID: uid) }
        buried[session] = (uptime, how)
        order.append((session, uptime))
        if order.count > Self.countMax { dropFirst() }
    }

    /// How the session ended lately, if it did; that is then forgotten, since it lives again.
    mutating func exhume(_ session: Fingerprint, at uptime: Int64) -> Burial? {
        forget(before: uptime - Self.lifetime)
        return buried.removeValue(forKey: session)?.how
    }

    /// Whether the session was ended lately at somebody's wish, and does not live again as far as is known.
    func isRevoked(_ session: Fingerprint, at uptime: Int64) -> Bool {
        guard !buried.isEmpty, let burial = buried[session], case .revoked = burial.how else { return false }
        return uptime - burial.at <= Self.lifetime
    }

    private mutating func forget(before uptime: Int64) {
        while let first = order.first, first.deletedAt < uptime { dropFirst() }
    }

    private mutating func dropFirst() {
        guard let first = order.popFirst() else { return }
        // A session that was deleted again later has a later place.
        if buried[first.session]?.at == first.deletedAt { buried[first.session] = nil }
    }
}
