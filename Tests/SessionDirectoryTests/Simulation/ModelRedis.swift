import SessionModel

/// Redis as far as sessions need it: keys with values and expiries, and how every change is announced.
///
/// Keyspace notifications go out at once, and so does what CLIENT TRACKING tells of a flush. Which keys changed it tells at the end
/// of a turn of Redis's loop, each key once, so that a PONG of the same turn can be ahead of it (`trackingInvalidateKeysOnFlush` and
/// `trackingBroadcastInvalidationMessages` in Redis's `tracking.c`).
struct ModelRedis {
    struct Item {
        var value: [UInt8]
        /// Milliseconds of the monotonic clock; nil for never.
        var expiresAt: Int64?
    }

    /// A keyspace notification: the event's name and the key.
    struct Notification {
        var name: String
        var key: SessionKey
    }

    private(set) var items: [SessionKey: Item] = [:]
    /// What was announced since the last look.
    var announced: [Notification] = []
    /// The keys that tracking will name at the end of the turn.
    var invalidated: Set<SessionKey> = []

    /// SETEX, or SET where there is no expiry; Redis first expires what is dead.
    mutating func set(_ key: SessionKey, _ value: [UInt8], milliseconds: Int64?, at now: Int64) {
        expireIfDead(key, at: now)
        items[key] = Item(value: value, expiresAt: milliseconds.map { now + $0 })
        announce("set", key)
        if milliseconds != nil { announce("expire", key) }
    }

    mutating func expire(_ key: SessionKey, milliseconds: Int64, at now: Int64) {
        expireIfDead(key, at: now)
        guard items[key] != nil else { return }
        items[key]?.expiresAt = now + milliseconds
        announce("expire", key)
    }

    /// DEL.
    ///
    /// - Returns: Whether there was such a key.
    mutating func delete(_ key: SessionKey, at now: Int64) -> Bool {
        expireIfDead(key, at: now)
        guard items.removeValue(forKey: key) != nil else { return false }
        announce("del", key)
        return true
    }

    /// GET and PTTL, which expire what is dead.
    mutating func read(_ key: SessionKey, at now: Int64) -> (value: [UInt8]?, milliseconds: Int64?) {
        expireIfDead(key, at: now)
        guard let item = items[key] else { return (nil, nil) }
        return (item.value, item.expiresAt.map { $0 - now })
    }

    mutating func expireIfDead(_ key: SessionKey, at now: Int64) {
        guard let expiresAt = items[key]?.expiresAt, expiresAt <= now else { return }
        items[key] = nil
        announce("expired", key)
    }

    private mutating func announce(_ name: String, _ key: SessionKey) {
        announced.append(Notification(name: name, key: key))
        invalidated.insert(key)
    }

    /// All data is lost, as after a restart without persistence.
    mutating func lose() {
        items = [:]
    }

    /// FLUSHALL, which no keyspace notification tells of.
    mutating func flush() {
        items = [:]
    }

    /// A page of SCAN: keys that are there from the beginning to the end of a scan are found.
    func scan(after cursor: SessionKey?, count: Int) -> [SessionKey] {
        let keys = items.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return Array(
            keys.filter { key in cursor.map { $0.bytes.lexicographicallyPrecedes(key.bytes) } ?? true }.prefix(count))
    }
}
