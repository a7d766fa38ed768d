import SessionModel

/// What a reading or an announcement changes in the table, and what the presence machine is told of it.
extension DirectoryStateMachine {
    mutating func apply(
        _ key: SessionKey, _ reading: SessionEntry?, after old: SessionEntry?,
        _ completion: FetchStateMachine.Completion, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        let old = old ?? (reading == nil ? nil : putBack(key, at: now, &effects))
        let isCurrent = isSubscribed && (old.map { $0.epoch == epoch } ?? isCaughtUp)
        let isNotified = completion.origins.contains(.notified)
        let wasNotified = isNotified || completion.origins.contains(.notifiedEarlier)
        guard var entry = reading else {
            if old == nil, isNotified, hearing.source == .tracking {
                // Tracking does not say what happened to a key; that it is gone is all there is to know.
                presence.removalAnnounced(key, .deleted, at: now, into: &effects.events)
            }
            // Where nobody listens or nothing is announced, no announcement is to be waited for.
            let isAnnounced = isSubscribed && hearing.source != .none && (isNotified || isCurrent)
            if old != nil { notFound(key, isNotified: isNotified, isAnnounced: isAnnounced, at: now, &effects) }
            return
        }
        // Other threads read what is stored at once: a revoked session that was written again is nobody's from the first moment on.
        let isToBeEnded =
            presence.revocations.isUnderWay(key, at: now.uptime)
            || entry.standing.login != nil && presence.isRevoked(entry.session, at: now)
        entry.isTouched = completion.credence != .proven || isToBeEnded
        if isCurrent, !wasNotified, hearing.source != .none, completion.credence == .proven,
            old?.valueDigest != entry.valueDigest,
            old?.isTouched != true
        {
            silentChanges.saw(key, at: now.uptime)
        }
        store(&entry, for: key, after: old, wasNotified ? .live : isCurrent ? .ahead : .catchUp, at: now, &effects)
        if let place = table.place(of: key) { deadlines.note(entry.deadline, of: place, in: table, at: now.uptime) }
    }

    /// A session that a read did not find, and another one does: what the table held of it stands again, but is not to be answered.
    private mutating func putBack(
        _ key: SessionKey, at now: Moment, _ effects: inout DirectoryEffects
    ) -> SessionEntry? {
        guard let entry = presence.reappeared(key, at: now, into: &effects.events) else { return nil }
        var shown = entry
        shown.isTouched = true
        put(shown, for: key)
        return entry
    }

    var isSubscribed: Bool {
        if case .down = phase { false } else { true }
    }

    var isCaughtUp: Bool {
        switch phase {
        case .live, .distrusted: true
        case .down, .catchingUp: false
        }
    }

    mutating func store(
        _ entry: inout SessionEntry, for key: SessionKey, after old: SessionEntry?,
        _ sighting: PresenceStateMachine.Sighting, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        if let old {
            entry.firstSeenAt = old.firstSeenAt
            entry.changedAt = old.valueDigest == entry.valueDigest ? old.changedAt : now.uptime
            entry.comparison = old.comparison
        } else {
            entry.comparison = comparisonNumber
            entry.firstSeenAt = sighting == .catchUp ? epochOpened.wall : now.wall
        }
        if let before = old?.standing.login, let login = entry.standing.login, before.userID == login.userID {
            entry.loginID = old?.loginID
            entry.isOwed = old?.isOwed ?? false
            entry.carrySuperseded(from: before)
            put(entry, for: key)
            tellUpdate(of: key, entry, login, after: old, at: now, &effects)
        } else {
            let settled = presence.settle(key, into: &effects.events) ? table.entry(of: key) : old
            entry.loginID = nil
            entry.isOwed = false
            put(entry, for: key)
            tellTransition(of: key, entry, after: settled, sighting, at: now, &effects)
        }
        markSuperseded(key, entry, after: old)
    }

    /// Stores an entry and keeps the figures.
    mutating func put(_ entry: SessionEntry, for key: SessionKey) {
        var entry = entry
        // It would be dropped at once.
        if let data = entry.data, data.count > dataBudget.bytesMax { entry.data = nil }
        let (place, old) = table.store(entry, for: key)
        if let old { counts.remove(old.standing) }
        counts.add(entry.standing)
        storedForms.change(from: old?.form, to: entry.form)
        if entry.epoch == epoch { readCount += 1 }
        dataBudget.changed(at: place, from: old?.data, to: entry.data)
        while let oldest = dataBudget.popOverdue() {
            if let data = table.dropData(at: oldest) { dataBudget.dropped(data) }
        }
        if dataBudget.isSparse {
            let table = table
            dataBudget.compact { table.hasData(at: $0) }
        }
    }

    mutating func tellUpdate(
        of key: SessionKey, _ entry: SessionEntry, _ login: Login, after old: SessionEntry?, at now: Moment,
        _ effects: inout DirectoryEffects
    ) {
        guard let old, old.valueDigest != entry.valueDigest || old.deadline != entry.deadline else { return }
        if Self.hasMoved(old.deadline, to: entry.deadline) {
            presence.renewed(entry, login, at: now, into: &effects.events)
        }
        if let before = old.data, let after = entry.data, changedNames != nil || before != after {
            let keys = changedNames ?? SessionContent.changedNames(from: before, to: after)
            if !keys.isEmpty { presence.changed(entry, login, keys: keys, at: now, into: &effects.events) }
        }
    }

    /// Two readings of one expiry differ by the time the replies took; a renewal moves it by more.
    static func hasMoved(_ old: Int64, to new: Int64) -> Bool {
        let (difference, isOver) = new.subtractingReportingOverflow(old)
        return isOver || difference.magnitude > 500
    }

    mutating func tellTransition(
        of key: SessionKey, _ entry: SessionEntry, after old: SessionEntry?,
        _ sighting: PresenceStateMachine.Sighting, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        if let old, old.standing.login != nil {
            let reason: LogoutReason =
                switch entry.standing {
                case .authenticated: .switched
                case .anonymous: .cleared
                case .rejected(.invalid): .invalid
                case .rejected(.unreadable): .unreadable
                }
            presence.loggedOut(key, old, reason, at: now, into: &effects.events)
        }
        switch entry.standing {
        case .authenticated(let login):
            presence.loggedIn(key, entry, login, after: old, sighting, at: now, into: &effects.events)
        case .anonymous:
            presence.nobodySeen(key, at: now, into: &effects.events)
        case .rejected(let reason):
            presence.nobodySeen(key, at: now, into: &effects.events)
            // Told once a change; what the scan finds is only counted.
            let isNews = old?.valueDigest != entry.valueDigest && (sighting != .catchUp || old?.standing.login != nil)
            if isNews { presence.rejected(entry.session, reason, at: now, into: &effects.events) }
        }
    }

    /// Redis has no value for a session that the table holds.
    ///
    /// - Parameters:
    ///   - isNotified: whether a change of the key was announced.
    ///   - isAnnounced: whether Redis has told or will tell of its end.
    mutating func notFound(
        _ key: SessionKey, isNotified: Bool, isAnnounced: Bool, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        presence.settle(key, into: &effects.events)
        guard let entry = forget(key) else { return }
        guard entry.standing.login != nil else { return }
        if entry.deadline <= now.uptime {
            presence.loggedOut(
                key, entry, .expired, at: Self.moment(ofDeadlineOf: entry, now), into: &effects.events
            )
        } else if isNotified, hearing.source == .tracking {
            // What was not read under this subscription may have ended before it.
            let reason = entry.epoch == epoch ? LogoutReason.deleted : unannouncedReason
            presence.loggedOut(key, entry, reason, at: now, into: &effects.events)
        } else if isAnnounced {
            presence.disappeared(key, entry, at: now, into: &effects.events)
        } else {
            presence.loggedOut(key, entry, unannouncedReason, at: now, into: &effects.events)
        }
    }

    /// Redis announced that a session that the table holds is gone.
    mutating func remove(
        _ key: SessionKey, _ reason: LogoutReason, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        presence.settle(key, into: &effects.events)
        guard let entry = forget(key), entry.standing.login != nil else { return }
        let time = reason == .expired ? Self.moment(ofDeadlineOf: entry, now) : now
        presence.loggedOut(key, entry, reason, at: time, into: &effects.events)
    }

    mutating func forget(_ key: SessionKey) -> SessionEntry? {
        guard let (place, entry) = table.remove(key) else { return nil }
        counts.remove(entry.standing)
        storedForms.change(from: entry.form, to: nil)
        dataBudget.changed(at: place, from: entry.data, to: nil)
        return entry
    }

    static func moment(ofDeadlineOf entry: SessionEntry, _ now: Moment) -> Moment {
        guard let expiresAt = entry.expiresAt, entry.deadline <= now.uptime else { return now }
        return Moment(uptime: entry.deadline, wall: expiresAt)
    }
}
