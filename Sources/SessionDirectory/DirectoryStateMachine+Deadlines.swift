package import SessionModel

/// Expiry: at its deadline a session is no longer answered, and Redis is asked.
extension DirectoryStateMachine {
    mutating func schedule(_ key: SessionKey, _ entry: SessionEntry) {
        guard entry.deadline < entry.scheduledDeadline ?? .max else { return }
        deadlines.schedule(key, at: entry.deadline)
        _ = table.update(key) { $0.scheduledDeadline = entry.deadline }
        // More places than sessions, twice over: most are of sessions that are gone.
        guard deadlines.count > 1024, deadlines.count > 2 * counts.total else { return }
        let table = table
        deadlines.compact { key, deadline in table.entry(of: key)?.scheduledDeadline == deadline }
    }

    /// A deadline has come up, or may have.
    package mutating func timePassed(at now: Moment, _ effects: inout DirectoryEffects) {
        while let place = deadlines.popDue(at: now.uptime) {
            let entry = table.update(place.key) { entry in
                if entry.scheduledDeadline == place.deadline { entry.scheduledDeadline = nil }
                return entry
            }
            guard let entry, entry.scheduledDeadline == nil, entry.deadline != .max else { continue }
            if entry.deadline <= now.uptime {
                // No longer answered from the table; asking touches the key, so that Redis agrees.
                fetches.request(place.key, .deadline)
            } else {
                schedule(place.key, entry)
            }
        }
        presence.timePassed(now, into: &effects.events)
        endOverdueLookups(at: now, &effects)
    }
}
