import SessionModel
import Synchronization

/// Who is logged in: the sessions of each user are a ring through their records, in the order in which they became theirs.
///
/// ```
///   users ──hash of the user──▶ first ⇄ second ⇄ … ⇄ last ⇄ first
/// ```
extension SessionTable {
    /// How many sessions have somebody logged in.
    var liveCount: Int { roll.withLock { $0.liveCount } }

    /// How many users those are.
    var userCount: Int { roll.withLock { $0.users.count } }

    /// How many sessions a user has.
    func sessionCount(of userID: UserID) -> Int {
        var count = 0
        walk(from: userID, .forward) { _ in
            count += 1
            return true
        }
        return count
    }

    /// Live sessions behind a place, in the order of the places, one more than `limit` where there are more.
    ///
    /// - Parameter userID: of this user alone; all of them are looked at.
    func liveSessions(of userID: UserID? = nil, after place: SessionPlace?, limit: Int) -> [SessionPlace] {
        guard let userID else { return liveSessions(after: place, limit: limit) }
        var places: [SessionPlace] = []
        walk(from: userID, .forward) { found in
            if place.map({ $0 < found }) ?? true { places.append(found) }
            return true
        }
        return Array(places.sorted().prefix(limit + 1))
    }

    private func liveSessions(after place: SessionPlace?, limit: Int) -> [SessionPlace] {
        var places: [SessionPlace] = []
        for number in (place?.shard ?? 0)..<Self.shardCount where places.count <= limit {
            shards[number].state.withLock { shard in
                var local = number == place?.shard ? Int(place?.local ?? 0) + 1 : 0
                while local < shard.hot.count, places.count <= limit {
                    if shard.hot[local].isLive { places.append(SessionPlace(UInt32(local), inShard: number)) }
                    local += 1
                }
            }
        }
        return places
    }

    /// The sessions that became this user's last, the newest first, at most `limit`.
    func newestSessions(of userID: UserID, limit: Int) -> [SessionPlace] {
        var places: [SessionPlace] = []
        walk(from: userID, .backward) { place in
            places.append(place)
            return places.count < limit
        }
        return places
    }

    /// Whether the journal holds a login of this user as open, by what is in the table.
    func hasToldLogin(of userID: UserID) -> Bool {
        var isTold = false
        walk(from: userID, .forward) { place in
            isTold = entry(at: place)?.loginID != nil
            return !isTold
        }
        return isTold
    }

    // MARK: Rings

    private enum Direction {
        case forward, backward
    }

    /// Calls `visit` with the places of a user's sessions until it returns false. It may read the table.
    private func walk(from userID: UserID, _ direction: Direction, _ visit: (SessionPlace) -> Bool) {
        guard let first = roll.withLock({ first(of: userID, $0) }) else { return }
        let start = direction == .forward ? first : links(of: first).previous
        var place = start
        while visit(place) {
            let (next, previous) = links(of: place)
            place = direction == .forward ? next : previous
            if place == start { return }
        }
    }

    private func first(of userID: UserID, _ roll: borrowing SessionRoll) -> SessionPlace? {
        roll.users.find(Self.hash(of: userID)) { self.userID(at: SessionPlace(number: $0)) == userID }
            .map { SessionPlace(number: $0) }
    }

    private func userID(at place: SessionPlace) -> UserID? {
        shards[place.shard].state.withLock { $0.userID(at: place.local) }
    }

    /// Good for this process only.
    private static func hash(of userID: UserID) -> UInt64 { UInt64(bitPattern: Int64(userID.hashValue)) }

    private func links(of place: SessionPlace) -> (next: SessionPlace, previous: SessionPlace) {
        let upkeep = shards[place.shard].state.withLock { $0.upkeep[Int(place.local)] }
        return (SessionPlace(number: upkeep.next), SessionPlace(number: upkeep.previous))
    }

    private func link(_ place: SessionPlace, to next: SessionPlace) {
        shards[place.shard].state.withLock { $0.upkeep[Int(place.local)].next = next.number }
        shards[next.shard].state.withLock { $0.upkeep[Int(next.local)].previous = place.number }
    }

    /// A session has become somebody's.
    func joinRing(_ place: SessionPlace, of entry: SessionEntry, _ roll: inout SessionRoll) {
        guard let userID = entry.standing.login?.userID else { return }
        roll.liveCount += 1
        if let first = first(of: userID, roll) {
            link(links(of: first).previous, to: place)
            link(place, to: first)
        } else {
            link(place, to: place)
            roll.users.insert(place.number, Self.hash(of: userID)) { number in
                self.userID(at: SessionPlace(number: number)).map(Self.hash) ?? 0
            }
        }
    }

    /// A session is about to be somebody's no more.
    func leaveRing(_ place: SessionPlace, of entry: SessionEntry, _ roll: inout SessionRoll) {
        guard let userID = entry.standing.login?.userID else { return }
        roll.liveCount -= 1
        let (next, previous) = links(of: place)
        let hash = Self.hash(of: userID)
        guard next != place else { return roll.users.remove(place.number, hash) }
        link(previous, to: next)
        roll.users.replace(place.number, hash, by: next.number)
    }
}
