import SessionModel

/// Sessions that are being deleted in Redis at somebody's wish, until Redis has announced that they are gone.
struct Revocations {
    /// How long a deletion may take to be announced, in milliseconds: beyond that something else ended the session.
    private static let lifetime: Int64 = 10_000

    private var orders: [SessionKey: Order] = [:]

    private struct Order {
        var byUID: UInt32
        var until: Int64
        /// Redis was asked, and the session counts as ended.
        var isUnderWay = true
    }

    mutating func begin(_ key: SessionKey, byUID uid: UInt32, at uptime: Int64) {
        orders[key] = Order(byUID: uid, until: uptime + Self.lifetime)
    }

    /// Whether the session counts as ended, although Redis may still hold it.
    func isUnderWay(_ key: SessionKey) -> Bool { orders[key]?.isUnderWay ?? false }

    /// Nobody knows whether Redis has deleted it. If it turns out to be gone, this was why.
    mutating func unanswered(_ key: SessionKey) {
        orders[key]?.isUnderWay = false
    }

    /// Who wanted it, if the order is not too long ago.
    func uid(of key: SessionKey, at uptime: Int64) -> UInt32? {
        orders[key].flatMap { uptime <= $0.until ? $0.byUID : nil }
    }

    /// It is over, as far as this key is concerned.
    mutating func end(_ key: SessionKey) {
        orders[key] = nil
    }
}
