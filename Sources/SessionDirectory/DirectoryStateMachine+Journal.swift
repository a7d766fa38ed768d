package import SessionModel

/// The journal: what it held when it was opened, and what is still owed to it.
extension DirectoryStateMachine {
    /// How many events of the backlog one call writes at most where the caller has no other wish.
    package static let backlogPortion = 250

    /// A journal takes the events that follow; those before went nowhere unless another opening came before them.
    ///
    /// What it holds open stands for sessions that were known before a gap: they are compared with Redis as after a lost link.
    package mutating func journalOpened(_ opening: JournalOpening, at now: Moment, _ effects: inout DirectoryEffects) {
        presence.journalOpened(opening)
        if let gap = opening.gap { tell(gap, at: now, &effects) }
        if case .live = phase { presence.caughtUp() }
    }

    private mutating func tell(_ gap: JournalOpening.Gap, at now: Moment, _ effects: inout DirectoryEffects) {
        let isInterruption = wasLive || gap.cause == .interrupted
        if !gap.isTold {
            presence.linkChanged(
                to: isInterruption ? .journalLost : .lost, gapMilliseconds: nil, at: gap.since, into: &effects.events
            )
        }
        let length = max(now.wall - gap.since, 0)
        if isInterruption {
            presence.linkChanged(to: .journalLive, gapMilliseconds: length, at: now.wall, into: &effects.events)
        } else {
            // The link is told to be live when everything was read.
            unseenSince = now.uptime - length
            if isSubscribed { gapMilliseconds = length }
        }
    }

    /// The journal could not be written for a while; the events of the while are kept, and go there as soon as it can.
    package mutating func journalInterrupted(since wall: Int64, _ effects: inout DirectoryEffects) {
        presence.linkChanged(to: .journalLost, gapMilliseconds: nil, at: wall, into: &effects.events)
    }

    /// It can be written again, and nothing was lost.
    package mutating func journalResumed(since wall: Int64, at now: Moment, _ effects: inout DirectoryEffects) {
        let length = max(now.wall - wall, 0)
        presence.linkChanged(to: .journalLive, gapMilliseconds: length, at: now.wall, into: &effects.events)
    }

    /// The daemon ends: what waited to be told is told. What is left of the backlog a later daemon finds.
    package mutating func end(_ effects: inout DirectoryEffects) {
        presence.release(into: &effects.events)
    }

    /// Erases what the journal holds of a user, unless somebody is logged in as that user.
    ///
    /// - Returns: the event that tells of it, or how many sessions are in the way.
    package mutating func forget(
        _ userID: UserID, byUID uid: UInt32, at now: Moment, _ effects: inout DirectoryEffects
    ) -> Result<EventID, ForgetError> {
        presence.forget(userID, byUID: uid, at: now, into: &effects.events).map { .success($0) }
            ?? .failure(.loggedIn(sessions: presence.sessionCount(of: userID)))
    }

    /// How many logins and logouts are known and not yet written, about.
    package var backlog: Int { presence.account.backlog }

    /// Whether some of it can be written: not before everything was read.
    package var hasBacklogDue: Bool {
        if case .live = phase { backlog > 0 } else { false }
    }

    /// Writes the next events of the backlog.
    package mutating func writeBacklog(
        limit: Int = backlogPortion, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        if hasBacklogDue { presence.settleAccount(limit: limit, at: now, into: &effects.events) }
    }

    /// Puts a session into the table that the journal holds as logged in and that was not seen yet: what was read or
    /// announced of it is then a change like any other.
    ///
    /// - Parameter reading: what was read of it; nil where it is gone.
    @discardableResult
    mutating func takeUp(_ key: SessionKey, _ reading: SessionEntry?, at now: Moment) -> SessionEntry? {
        guard !presence.account.inherited.isEmpty else { return nil }
        let session = reading?.session ?? Fingerprint(of: key)
        guard let held = presence.account.inherited[session], table.entry(of: key)?.isOwed != true else { return nil }
        if !wasLive, case .rejected(let reason)? = reading?.standing {
            // With a wrong secret key everybody would be logged out.
            presence.account.rejected[session] = reason
            return nil
        }
        presence.account.inherited[session] = nil
        presence.account.rejected[session] = nil
        presence.adopted(held)
        let entry = SessionEntry(session: session, inherited: held, at: now)
        put(entry, for: key)
        return entry
    }
}

extension SessionEntry {
    /// What a journal knows of a session: whose it was, and until when. Nothing of it may be answered.
    fileprivate init(session: Fingerprint, inherited login: OpenLogin, at now: Moment) {
        let (remaining, isOver) = (login.expiresAt ?? .max).subtractingReportingOverflow(now.wall)
        let deadline = now.uptime.addingReportingOverflow(remaining)
        self.init(
            session: session,
            standing: .authenticated(
                Login(userID: login.userID, backend: login.backend, password: .none, contentDigest: 0)),
            epoch: .none, isTouched: true,
            deadline: login.expiresAt == nil || isOver || deadline.overflow ? .max : deadline.partialValue,
            expiresAt: login.expiresAt, changedAt: now.uptime, firstSeenAt: login.beganAt, data: nil, valueDigest: 0,
            loginID: login.id
        )
    }
}
