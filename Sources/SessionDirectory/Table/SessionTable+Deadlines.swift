import Synchronization

/// What ``DeadlineWatch`` asks of the table.
extension SessionTable {
    /// Whether ``DeadlineWatch`` holds a place.
    func setQueued(_ isQueued: Bool, at place: SessionPlace) {
        shards[place.shard].state.withLock { $0.upkeep[Int(place.local)].isQueued = isQueued }
    }

    /// The deadline of a session that is watched; nil where none is.
    func queuedDeadline(at place: SessionPlace) -> Int64? {
        shards[place.shard].state.withLock { shard in
            guard shard.isOccupied(place.local), shard.upkeep[Int(place.local)].isQueued else { return nil }
            return shard.hot[Int(place.local)].deadline
        }
    }

    /// Looks for sessions that expire before a time and are not watched, and has them watched.
    ///
    /// - Parameters:
    ///   - share: how many portions to look through, out of `portionCount` that the table has.
    ///   - cursor: where the last call ended.
    func expiring(
        before uptime: Int64, _ share: Int, of portionCount: Int, _ cursor: inout TableCursor
    ) -> [DeadlineWatch.Watched] {
        var found: [DeadlineWatch.Watched] = []
        for number in shards.indices {
            var local = cursor.locals[number]
            shards[number].state.withLock { shard in
                for _ in 0..<min((shard.hot.count / portionCount + 1) * share, shard.hot.count) {
                    if local >= shard.hot.count { local = 0 }
                    let record = shard.hot[local]
                    if !record.isVacant, record.deadline < uptime, !shard.upkeep[local].isQueued {
                        shard.upkeep[local].isQueued = true
                        found.append(
                            .init(deadline: record.deadline, place: SessionPlace(UInt32(local), inShard: number)))
                    }
                    local += 1
                }
            }
            cursor.locals[number] = local
        }
        return found
    }
}
