import SessionModel

/// Redis as far as sessions need it: keys with values and expiries, and the notifications of every change.
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

    /// SETEX, or SET where there is no expiry; Redis first expires what is dead.
    mutating func set(_ key: SessionKey, _ value: [UInt8], milliseconds: Int64?, at now: Int64) {
        expireIfDead(key, at: now)
        items[key] = Item(value: value, expiresAt: milliseconds.map { now + $0 })
        announced.append(Notification(name: "set", key: key))
        if milliseconds != nil { announced.append(Notification(name: "expire", key: key)) }
    }

    mutating func expire(_ key: SessionKey, milliseconds: Int64, at now: Int64) {
        expireIfDead(key, at: now)
        guard items[key] != nil else { return }
        items[key]?.expiresAt = now + milliseconds
        announced.append(Notification(name: "expire", key: key))
    }

    mutating func delete(_ key: SessionKey, at now: Int64) {
        expireIfDead(key, at: now)
        guard items.removeValue(forKey: key) != nil else { return }
        announced.append(Notification(name: "del", key: key))
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
        announced.append(Notification(name: "expired", key: key))
    }

    /// All data is lost, as after a restart without persistence.
    mutating func lose() {
        items = [:]
    }

    /// A page of SCAN: keys that are there from the beginning to the end of a scan are found.
    func scan(after cursor: SessionKey?, count: Int) -> [SessionKey] {
        let keys = items.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return Array(
            keys.filter { key in cursor.map { $0.bytes.lexicographicallyPrecedes(key.bytes) } ?? true }.prefix(count))
    }
}
