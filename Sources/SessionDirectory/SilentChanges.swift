import SessionModel

/// Changes that a reading found before Redis announced them. If no announcement follows, memory was wrong: what should never
/// happen, and is counted.
struct SilentChanges {
    /// How many changes wait for their announcement at most.
    private static let countMax = 10_000

    private var seenAt: [SessionKey: Int64] = [:]
    /// How many changes were never announced.
    private(set) var foundCount = 0
    /// How many sessions were compared with Redis.
    private(set) var comparedCount = 0

    mutating func compared() {
        comparedCount += 1
    }

    /// A session was found to be another than memory held.
    mutating func saw(_ key: SessionKey, at uptime: Int64) {
        guard seenAt.count < Self.countMax, seenAt[key] == nil else { return }
        seenAt[key] = uptime
    }

    /// Redis announced a change of this session.
    mutating func announced(_ key: SessionKey) {
        if !seenAt.isEmpty { seenAt[key] = nil }
    }

    /// All that was announced before this time has been heard.
    ///
    /// - Returns: Whether there were changes that were not announced.
    mutating func announcementsHeard(before uptime: Int64) -> Bool {
        guard !seenAt.isEmpty else { return false }
        let waiting = seenAt.filter { $0.value >= uptime }
        let silentCount = seenAt.count - waiting.count
        foundCount += silentCount
        seenAt = waiting
        return silentCount > 0
    }

    /// What was found so far is explained: everything is read anew.
    mutating func forget() {
        seenAt = [:]
    }
}
