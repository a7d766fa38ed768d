import SessionModel

/// Bringing the journal and the table together.
extension PresenceStateMachine {
    /// A journal takes events from now on: what it holds decides what is still to be told.
    mutating func journalOpened(_ opening: JournalOpening) {
        beginRun(opening.run, openLogins: opening.openLogins.values)
        account = JournalAccount()
        account.inherited = opening.openLogins
        for place in table.liveSessions(after: nil, limit: .max - 1) {
            guard let key = table.key(at: place), let entry = table.entry(at: place), let login = entry.standing.login
            else { continue }
            if let held = account.inherited[entry.session], held.userID == login.userID {
                account.inherited[entry.session] = nil
                adopted(held)
                table.update(key) { ($0.loginID, $0.isOwed) = (held.id, false) }
            } else {
                table.update(key) { $0.loginID = nil }
                owe(key)
            }
        }
    }

    /// The login of a session that was found is to be written when there is time.
    mutating func owe(_ key: SessionKey) {
        table.update(key) { $0.isOwed = true }
        if let place = table.place(of: key) { account.owe(place) }
    }

    /// Writes the login of a session that is still owed.
    mutating func payOwed(_ key: SessionKey, into events: inout [SessionEvent]) {
        guard let entry = table.entry(of: key), entry.isOwed, let login = entry.standing.login else { return }
        table.update(key) { $0.isOwed = false }
        account.paid()
        if let other = account.inherited.removeValue(forKey: entry.session) {
            adopted(other)
            tellLogout(
                of: entry.session, other.userID, other.backend, other.id, .switched, at: entry.firstSeenAt,
                into: &events
            )
        }
        let held = HeldLogin(
            key: key, session: entry.session, login: login, expiresAt: entry.expiresAt, arrivedAt: entry.firstSeenAt,
            time: entry.firstSeenAt
        )
        tellLogin(held, .discovered, into: &events)
    }

    /// Every session was read: what the journal holds open and nobody has seen is gone.
    mutating func caughtUp() {
        account.depart()
    }

    /// Writes the next logins and logouts of the backlog, about `limit` of them: logins first, so that a user whose
    /// session was replaced does not go offline in between.
    mutating func settleAccount(limit: Int, at now: Moment, into events: inout [SessionEvent]) {
        var written = 0
        while written < limit, let place = account.nextOwed() {
            if let key = table.key(at: place) { payOwed(key, into: &events) }
            written += 1
        }
        while written < limit, let (session, login) = account.nextDeparting() {
            writeDeparture(of: session, login, at: now, into: &events)
            written += 1
        }
    }

    private mutating func writeDeparture(
        of session: Fingerprint, _ login: OpenLogin, at now: Moment, into events: inout [SessionEvent]
    ) {
        adopted(login)
        let rejection = account.rejected.removeValue(forKey: session)
        var reason = LogoutReason.missing
        var time = now.wall
        if let rejection {
            reason = LogoutReason(rejection)
        } else if let expiresAt = login.expiresAt, expiresAt <= now.wall {
            (reason, time) = (.expired, expiresAt)
        }
        tellLogout(of: session, login.userID, login.backend, login.id, reason, at: time, into: &events)
        if let rejection { rejected(session, rejection, at: now, into: &events) }
    }
}

extension LogoutReason {
    /// The reason that a bad value gives.
    init(_ rejection: RejectionReason) {
        self =
            switch rejection {
            case .invalid: .invalid
            case .unreadable: .unreadable
            }
    }
}
