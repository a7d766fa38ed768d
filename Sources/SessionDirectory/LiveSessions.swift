import SessionModel

/// Who is logged in: all sessions in the order in which they were first seen, and each user's.
///
/// A session's ordinal is its place for good, so a page can be continued where it ended, whatever came and went.
struct LiveSessions {
    private var slots: [Slot] = []
    private var vacantCount = 0
    private var nextOrdinal: UInt64 = 1
    private var ordinalsByUser: [UserID: [UInt64]] = [:]

    private struct Slot {
        var ordinal: UInt64
        /// Nil once the session is gone.
        var key: SessionKey?
    }

    /// How many sessions have somebody logged in.
    var count: Int { slots.count - vacantCount }
    var userCount: Int { ordinalsByUser.count }

    /// How many sessions a user has.
    func count(of userID: UserID) -> Int { ordinalsByUser[userID]?.count ?? 0 }

    /// Adds a session and returns its ordinal.
    mutating func add(_ key: SessionKey, of userID: UserID) -> UInt64 {
        let ordinal = nextOrdinal
        nextOrdinal += 1
        slots.append(Slot(ordinal: ordinal, key: key))
        ordinalsByUser[userID, default: []].append(ordinal)
        return ordinal
    }

    mutating func remove(_ ordinal: UInt64, of userID: UserID) {
        guard let index = slots.firstIndex(ordinal, by: \.ordinal), slots[index].key != nil else { return }
        slots[index].key = nil
        vacantCount += 1
        if vacantCount > 64, vacantCount > slots.count / 2 {
            slots.removeAll { $0.key == nil }
            vacantCount = 0
        }
        guard let place = ordinalsByUser[userID]?.firstIndex(ordinal, by: \.self) else { return }
        ordinalsByUser[userID]?.remove(at: place)
        if ordinalsByUser[userID]?.isEmpty == true { ordinalsByUser[userID] = nil }
    }

    /// Sessions behind an ordinal, oldest first, one more than `limit` where there are more.
    func keys(of userID: UserID?, after ordinal: UInt64?, limit: Int) -> [(ordinal: UInt64, key: SessionKey)] {
        let start = ordinal.map { $0 == .max ? $0 : $0 + 1 } ?? 0
        var found: [(ordinal: UInt64, key: SessionKey)] = []
        if let userID {
            let ordinals = ordinalsByUser[userID] ?? []
            for ordinal in ordinals[ordinals.lowerBound(of: start, by: \.self)...].prefix(limit + 1) {
                guard let index = slots.firstIndex(ordinal, by: \.ordinal), let key = slots[index].key else { continue }
                found.append((ordinal, key))
            }
            return found
        }
        for slot in slots[slots.lowerBound(of: start, by: \.ordinal)...] {
            guard let key = slot.key else { continue }
            found.append((slot.ordinal, key))
            if found.count > limit { break }
        }
        return found
    }

    /// The newest sessions of a user, at most `limit`.
    func newestKeys(of userID: UserID, limit: Int) -> [SessionKey] {
        (ordinalsByUser[userID] ?? []).suffix(limit).compactMap { ordinal in
            slots.firstIndex(ordinal, by: \.ordinal).flatMap { slots[$0].key }
        }
    }
}

/// Binary search in an array that is sorted by ordinal.
extension Array {
    fileprivate func lowerBound(of ordinal: UInt64, by place: KeyPath<Element, UInt64>) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle][keyPath: place] < ordinal { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate func firstIndex(_ ordinal: UInt64, by place: KeyPath<Element, UInt64>) -> Int? {
        let index = lowerBound(of: ordinal, by: place)
        return index < endIndex && self[index][keyPath: place] == ordinal ? index : nil
    }
}
