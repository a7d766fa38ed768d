import SessionModel

/// Sessions that are being deleted in Redis at somebody's wish, until it is seen that they are gone.
///
/// ```
///   begin ──▶ asked ──Redis has deleted it──▶ deleted ──its removal is heard, or a reading shows what came after──▶ end
///               └──Redis did not answer──▶ unanswered ──likewise──▶ end
/// ```
struct Revocations {
    /// How long a deletion that Redis has not confirmed may take to be seen, in milliseconds: beyond that something else ended the session.
    private static let lifetime: Int64 = 10_000
    /// The same of one that it has confirmed: nothing may be heard meanwhile, and what is written until then is ended again.
    private static let confirmedLifetime = Tombstones.lifetime
    /// With more than this what is too old is looked for.
    private static let sweepCount = 1000

    private var orders: [SessionKey: Order] = [:]
    private var sweepsAt = sweepCount

    private struct Order {
        var byUID: UInt32
        var until: Int64
        var stage = Stage.asked
    }

    private enum Stage: Equatable {
        case asked, unanswered
        case deleted(at: Int64)
    }

    mutating func begin(_ key: SessionKey, byUID uid: UInt32, at uptime: Int64) {
        if orders.count >= sweepsAt {
            orders = orders.filter { uptime <= $0.value.until }
            sweepsAt = max(Self.sweepCount, 2 * orders.count)
        }
        orders[key] = Order(byUID: uid, until: uptime + Self.lifetime)
    }

    /// Whether the session counts as ended, although Redis may still hold it.
    func isUnderWay(_ key: SessionKey, at uptime: Int64) -> Bool {
        order(of: key, at: uptime).map { $0.stage != .unanswered } ?? false
    }

    /// Redis has deleted it.
    mutating func deleted(_ key: SessionKey, at uptime: Int64) {
        orders[key]?.stage = .deleted(at: uptime)
        orders[key]?.until = uptime + Self.confirmedLifetime
    }

    /// Whether Redis has deleted it, before a time if one is given, and its end was not seen yet.
    func isDeleted(_ key: SessionKey, before time: Int64?, at uptime: Int64) -> Bool {
        guard case .deleted(let deletedAt)? = order(of: key, at: uptime)?.stage else { return false }
        return time.map { $0 >= deletedAt } ?? true
    }

    /// Nobody knows whether Redis has deleted it. If it turns out to be gone, this was why.
    mutating func unanswered(_ key: SessionKey) {
        orders[key]?.stage = .unanswered
    }

    /// Who wanted it, if the order is not too long ago.
    func uid(of key: SessionKey, at uptime: Int64) -> UInt32? { order(of: key, at: uptime)?.byUID }

    private func order(of key: SessionKey, at uptime: Int64) -> Order? {
        orders[key].flatMap { uptime <= $0.until ? $0 : nil }
    }

    /// It is over, as far as this key is concerned.
    mutating func end(_ key: SessionKey) {
        orders[key] = nil
    }
}
