import SessionModel
import Synchronization

/// Writing, on the link's event loop alone, and reading what the writer needs.
extension SessionTable {
    /// What is known of a session.
    func entry(of key: SessionKey) -> SessionEntry? {
        place(of: key).flatMap { entry(at: $0) }
    }

    /// What is known of the session at a place; nil where none is.
    func entry(at place: SessionPlace) -> SessionEntry? {
        roll.withLock { roll in entry(at: place, roll) }
    }

    /// The place of a session.
    func place(of key: SessionKey) -> SessionPlace? {
        let sought = SoughtKey(key)
        return place(of: sought, sought.hash)
    }

    /// Whether a session is known, and was last read under this epoch.
    func isRead(_ key: SessionKey, under epoch: LinkEpoch) -> Bool {
        guard let place = place(of: key) else { return false }
        return shards[place.shard].state.withLock { shard in
            if let outsized = shard.outsized(at: place.local) { return outsized.entry.epoch == epoch }
            return shard.hot[Int(place.local)].epoch == EpochTag(epoch)
        }
    }

    /// Whose key it is; nil where no session is at the place.
    func key(at place: SessionPlace) -> SessionKey? {
        shards[place.shard].state.withLock { $0.key(at: place.local) }
    }

    private func place(of sought: SoughtKey, _ hash: UInt64) -> SessionPlace? {
        let number = shardNumber(of: hash)
        return shards[number].state.withLock { $0.place(of: sought, hash) }.map { SessionPlace($0, inShard: number) }
    }

    private func shardNumber(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> 8) & (Self.shardCount - 1)
    }

    private func entry(at place: SessionPlace, _ roll: borrowing SessionRoll) -> SessionEntry? {
        let (epoch, offset) = (epoch, offset)
        return shards[place.shard].state.withLock { shard -> SessionEntry? in
            guard shard.isOccupied(place.local) else { return nil }
            var entry = shard.entry(at: place.local, epoch: epoch, clockOffset: offset)
            if !shard.hot[Int(place.local)].isOutsized {
                let upkeep = shard.upkeep[Int(place.local)]
                entry.form = roll.form(upkeep)
                entry.loginID = roll.loginID(upkeep)
            }
            return entry
        }
    }

    /// How many values records share, of each kind; for tests.
    var sharedCounts: [Int] { roll.withLock { $0.sharedCounts } }

    // MARK: Storing

    /// - Returns: its place, and what was there before.
    @discardableResult
    func store(_ entry: SessionEntry, for key: SessionKey) -> (place: SessionPlace, old: SessionEntry?) {
        let sought = SoughtKey(key)
        let hash = sought.hash
        return roll.withLock { roll in
            if let place = place(of: sought, hash) {
                let old = self.entry(at: place, roll)
                write(entry, key, at: place, after: old, &roll)
                return (place, old)
            }
            let number = shardNumber(of: hash)
            let local = shards[number].state.withLock { $0.insert(sought, hash) }
            let place = SessionPlace(local, inShard: number)
            write(entry, key, at: place, after: nil, &roll)
            return (place, nil)
        }
    }

    /// - Returns: where it was, and what was there.
    @discardableResult
    func remove(_ key: SessionKey) -> (place: SessionPlace, entry: SessionEntry)? {
        roll.withLock { roll in
            guard let place = place(of: key), let entry = entry(at: place, roll) else { return nil }
            leaveRing(place, of: entry, &roll)
            releaseShared(at: place, &roll)
            shards[place.shard].state.withLock { $0.remove(place.local) }
            return (place, entry)
        }
    }

    /// Changes an entry; nothing happens where there is none.
    @discardableResult
    func update<Result>(_ key: SessionKey, _ change: (inout SessionEntry) -> Result) -> Result? {
        roll.withLock { roll in
            guard let place = place(of: key), let old = entry(at: place, roll) else { return nil }
            var entry = old
            let result = change(&entry)
            write(entry, key, at: place, after: old, &roll)
            return result
        }
    }

    /// A session changed: what is held of it is not to be believed.
    ///
    /// - Returns: false where there is no such session.
    func touch(_ key: SessionKey, at uptime: Int64) -> Bool {
        guard let place = place(of: key) else { return false }
        shards[place.shard].state.withLock { shard in
            shard.change(place.local) { record in
                record.isTouched = true
                if record.standing != .authenticated { record.changedAt = uptime }
            }
            guard var outsized = shard.outsized(at: place.local) else { return }
            outsized.entry.isTouched = true
            if outsized.entry.standing.login == nil { outsized.entry.changedAt = uptime }
            shard.setOutsized(outsized, at: place.local)
        }
        return true
    }

    /// A comparison with Redis has found the key.
    ///
    /// - Returns: false where there is no such session.
    func mark(_ key: SessionKey, comparison: UInt8) -> Bool {
        guard let place = place(of: key) else { return false }
        shards[place.shard].state.withLock { shard in
            shard.upkeep[Int(place.local)].comparison = comparison
            guard var outsized = shard.outsized(at: place.local) else { return }
            outsized.entry.comparison = comparison
            shard.setOutsized(outsized, at: place.local)
        }
        return true
    }

    func hasData(at place: SessionPlace) -> Bool {
        shards[place.shard].state.withLock { $0.isOccupied(place.local) && $0.data(at: place.local) != nil }
    }

    /// Drops a session's data.
    ///
    /// - Returns: what it was; nil where there was none.
    func dropData(at place: SessionPlace) -> [UInt8]? {
        shards[place.shard].state.withLock { shard in
            guard shard.isOccupied(place.local), let data = shard.data(at: place.local) else { return nil }
            shard.setData(nil, at: place.local)
            return data
        }
    }

    /// Changes what lookups read, everywhere.
    func changeAll(_ change: (inout PackedSession) -> Void) {
        for shard in shards {
            shard.state.withLock { shard in
                for place in shard.hot.indices where !shard.hot[place].isVacant {
                    shard.change(UInt32(place), change)
                }
            }
        }
    }

    /// Values mean something else from now on: none of what was read of them is believed, or taken for the same as what will be.
    ///
    /// - Parameter form: how values count as stored until they are read again; nil for unknown.
    func forgetReadings(_ form: (StoredForm) -> StoredForm?) {
        roll.withLock { roll in
            let forms = roll.replaceForms(form)
            for shard in shards { shard.state.withLock { $0.forgetReadings(forms, form) } }
        }
    }

    /// The keys whose records satisfy `condition`, in no order.
    func keys(where condition: (PackedSession, SessionUpkeep) -> Bool) -> [SessionKey] {
        shards.flatMap { shard in
            shard.state.withLock { shard in
                shard.hot.indices.compactMap { place in
                    let record = shard.hot[place]
                    return !record.isVacant && condition(record, shard.upkeep[place])
                        ? shard.key(at: UInt32(place)) : nil
                }
            }
        }
    }

    var count: Int { shards.reduce(0) { $0 + $1.state.withLock { $0.count } } }

    private func write(
        _ entry: SessionEntry, _ key: SessionKey, at place: SessionPlace, after old: SessionEntry?,
        _ roll: inout SessionRoll
    ) {
        let staysUsers = old?.standing.login?.userID == entry.standing.login?.userID
        if let old, !staysUsers { leaveRing(place, of: old, &roll) }
        let packed = roll.pack(entry, key)
        if old != nil { releaseShared(at: place, &roll) }
        shards[place.shard].state.withLock { $0.write(entry, key, packed, at: place.local) }
        if !staysUsers { joinRing(place, of: entry, &roll) }
    }

    /// Gives back what a record shares with others.
    private func releaseShared(at place: SessionPlace, _ roll: inout SessionRoll) {
        let (record, upkeep) = shards[place.shard].state.withLock {
            ($0.hot[Int(place.local)], $0.upkeep[Int(place.local)])
        }
        roll.release(record, upkeep)
    }
}
