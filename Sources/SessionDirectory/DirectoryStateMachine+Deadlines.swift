package import SessionModel

/// Expiry: at its deadline a session is no longer answered, and Redis is asked.
extension DirectoryStateMachine {
    /// A deadline has come up, or may have.
    package mutating func timePassed(at now: Moment, _ effects: inout DirectoryEffects) {
        deadlines.sweep(table, at: now.uptime)
        while let place = deadlines.popDue(at: now.uptime) {
            // Where it is not watched, the place has become another session's, or was looked at already.
            guard let deadline = table.queuedDeadline(at: place), let key = table.key(at: place) else { continue }
            table.setQueued(false, at: place)
            if deadline <= now.uptime {
                // No longer answered from the table; asking touches the key, so that Redis agrees.
                fetches.request(key, .deadline)
            } else {
                deadlines.note(deadline, of: place, in: table, at: now.uptime)
            }
        }
        presence.timePassed(now, into: &effects.events)
        endOverdueLookups(at: now, &effects)
    }
}
