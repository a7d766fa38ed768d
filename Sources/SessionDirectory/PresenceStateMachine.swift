import SessionModel

/// Who is logged in, and which events follow from what was read and announced.
///
/// For every session logins and logouts alternate, beginning with a login, and each logout names its login. Events are
/// numbered here, in the order in which they are told.
struct PresenceStateMachine {
    let table: SessionTable
    private var run: UInt64 = 0
    private var sequence: UInt64 = 0
    private var openElsewhere = OpenLoginsElsewhere()
    /// What the journal holds that is not here, and what is here that it does not hold.
    var account = JournalAccount()
    private var rotations = RotationCorrelator()
    private var tombstones = Tombstones()
    var revocations = Revocations()
    /// Sessions that were revoked and live again, and who revoked them.
    private var resurrected: [(key: SessionKey, byUID: UInt32)] = []
    private var disappearances: [SessionKey: Disappearance] = [:]
    /// How many sessions were found gone that nobody had announced: memory had been wrong about them.
    private(set) var silentEndCount = 0

    /// How many disappearances wait for their announcement at most.
    private static let disappearanceCountMax = 10_000

    /// A session that a read did not find although nothing was announced yet.
    private struct Disappearance {
        var entry: SessionEntry
        var at: Moment
    }

    init(table: SessionTable) {
        self.table = table
    }

    /// The newest event's id.
    var position: EventID { EventID(run: run, sequence: sequence) }

    /// When ``timePassed(_:into:)`` is to be called next; monotonic clock, milliseconds.
    var nextDeadline: Int64? { rotations.nextDeadline }

    // MARK: What is announced

    /// A notification named a key that is in no table.
    mutating func keyAppeared(_ key: SessionKey, at now: Moment, into events: inout [SessionEvent]) {
        // A disappearance is left alone: this may be a write before the removal whose announcement is still to come.
        settle(key, into: &events)
        rotations.keyAppeared(key, at: now.uptime)
    }

    /// A key that is in no table was announced to be gone: the reason of a disappearance.
    mutating func removalAnnounced(
        _ key: SessionKey, _ reason: LogoutReason, at now: Moment, into events: inout [SessionEvent]
    ) {
        keyDecided(key, at: now, into: &events)
        guard let disappearance = takeDisappearance(of: key) else { return }
        end(key, disappearance.entry, reason, at: disappearance.at, into: &events)
    }

    private mutating func takeDisappearance(of key: SessionKey) -> Disappearance? {
        guard let disappearance = disappearances.removeValue(forKey: key) else { return nil }
        if disappearance.entry.loginID != nil, let login = disappearance.entry.standing.login {
            openElsewhere.remove(login.userID)
        }
        return disappearance
    }

    /// All that was announced before this time has been heard: what disappeared earlier did so silently.
    ///
    /// - Returns: Whether anything did.
    mutating func announcementsHeard(before uptime: Int64, into events: inout [SessionEvent]) -> Bool {
        let silent = disappearances.filter { $0.value.at.uptime < uptime }.sorted {
            $0.value.at.uptime < $1.value.at.uptime
        }
        for (key, disappearance) in silent {
            _ = takeDisappearance(of: key)
            end(key, disappearance.entry, .flushed, at: disappearance.at, into: &events)
        }
        silentEndCount += silent.count
        return !silent.isEmpty
    }

    /// Changes go unseen from now on.
    mutating func subscriptionLost(at now: Moment, into events: inout [SessionEvent]) {
        for (key, disappearance) in disappearances.sorted(by: { $0.value.at.uptime < $1.value.at.uptime }) {
            _ = takeDisappearance(of: key)
            end(key, disappearance.entry, .missing, at: disappearance.at, into: &events)
        }
        tell(rotations.releaseAll(), into: &events)
    }

    /// - Parameter wall: when it changed, in milliseconds since 1970.
    mutating func linkChanged(
        to condition: LinkCondition, gapMilliseconds: Int64?, at wall: Int64, into events: inout [SessionEvent]
    ) {
        emit(.link(condition, gapMilliseconds: gapMilliseconds), nil, at: wall, into: &events)
    }

    mutating func timePassed(_ now: Moment, into events: inout [SessionEvent]) {
        tell(rotations.expire(at: now.uptime, twins: twins), into: &events)
    }

    // MARK: What was read

    /// How a change was learnt.
    enum Sighting {
        /// While it happened.
        case live
        /// Likewise, but before its announcement was heard: a reply was faster.
        case ahead
        /// When the daemon caught up with what it had not seen.
        case catchUp
    }

    /// Tells what is held of this key or owed, since something else is about to happen to it.
    ///
    /// - Returns: whether there was anything, so that the table has something new of the session.
    @discardableResult
    mutating func settle(_ key: SessionKey, into events: inout [SessionEvent]) -> Bool {
        let count = events.count
        tell(rotations.release(key), into: &events)
        if account.owedCount > 0 { payOwed(key, into: &events) }
        return events.count > count
    }

    /// A value was read that makes the session somebody's, or somebody else's. It is in the table already, as `entry`.
    mutating func loggedIn(
        _ key: SessionKey, _ entry: SessionEntry, _ login: Login, after before: SessionEntry?, _ sighting: Sighting,
        at now: Moment, into events: inout [SessionEvent]
    ) {
        let burial = tombstones.exhume(entry.session, at: now.uptime)
        if case .revoked(let uid)? = burial { resurrected.append((key, uid)) }
        let cause: LoginCause
        switch before?.standing {
        case _ where sighting == .catchUp: cause = .discovered
        case .authenticated?: cause = .switched
        case .anonymous(isEmpty: false)?, .rejected?: cause = .upgraded
        case .anonymous(isEmpty: true)?: cause = .created
        case nil: cause = burial != nil ? .resurrected : .created
        }
        // What was read ahead of its announcement arrives now.
        let arrivedAt = rotations.arrival(of: key, at: now.uptime) ?? (sighting == .ahead ? now.uptime : nil)
        let held = HeldLogin(
            key: key, session: entry.session, login: login, expiresAt: entry.expiresAt,
            arrivedAt: arrivedAt ?? now.uptime, time: now.wall
        )
        let mayBeRotated = cause == .created && before == nil && arrivedAt != nil
        let isHeld = mayBeRotated && rotations.holds(held, at: now.uptime, twins: twins)
        if cause == .discovered {
            owe(key)
        } else if !isHeld {
            tellLogin(held, cause, into: &events)
        }
        keyDecided(key, at: now, into: &events)
        if isHeld { tell(rotations.decide(held.identity, at: now.uptime, twins: twins), into: &events) }
    }

    /// A new key's first value was read and is nobody's.
    mutating func nobodySeen(_ key: SessionKey, at now: Moment, into events: inout [SessionEvent]) {
        keyDecided(key, at: now, into: &events)
    }

    /// A session stopped being somebody's. `entry` is what the table held before; ``settle(_:into:)`` came first.
    ///
    /// - Parameter time: when it occurred.
    mutating func loggedOut(
        _ key: SessionKey, _ entry: SessionEntry, _ reason: LogoutReason, at time: Moment,
        into events: inout [SessionEvent]
    ) {
        end(key, entry, reason, at: time, into: &events)
    }

    /// A read did not find a session that nobody announced to be gone; the announcement may be on its way.
    mutating func disappeared(
        _ key: SessionKey, _ entry: SessionEntry, at now: Moment, into events: inout [SessionEvent]
    ) {
        guard disappearances.count < Self.disappearanceCountMax else {
            end(key, entry, .flushed, at: now, into: &events)
            return
        }
        disappearances[key] = Disappearance(entry: entry, at: now)
        if entry.loginID != nil, let login = entry.standing.login { openElsewhere.add(login.userID) }
    }

    /// The sessions of a user that disappeared, and of which no end was announced yet.
    func disappearedKeys(of userID: UserID) -> [SessionKey] {
        disappearances.filter { $0.value.entry.standing.login?.userID == userID }.map(\.key)
    }

    /// A read found a session again that had disappeared: it was written anew, and of both nothing was announced yet.
    ///
    /// - Returns: what the table held before it disappeared, to be put back. Its announcements will tell what happened.
    mutating func reappeared(_ key: SessionKey, at now: Moment, into events: inout [SessionEvent]) -> SessionEntry? {
        guard let entry = takeDisappearance(of: key)?.entry else { return nil }
        keyDecided(key, at: now, into: &events)
        return entry
    }

    /// What the journal holds of a user is erased, unless somebody is logged in as that user.
    ///
    /// - Returns: the event; nil where somebody is.
    mutating func forget(
        _ userID: UserID, byUID uid: UInt32, at now: Moment, into events: inout [SessionEvent]
    ) -> EventID? {
        guard sessionCount(of: userID) == 0 else { return nil }
        return emit(.forgotten(Forgetting(userID: userID, byUID: uid)), nil, at: now.wall, into: &events)
    }

    /// How many sessions of a user are open in the table or by the journal.
    func sessionCount(of userID: UserID) -> Int { table.sessionCount(of: userID) + openElsewhere.count(of: userID) }

    mutating func renewed(_ entry: SessionEntry, _ login: Login, at now: Moment, into events: inout [SessionEvent]) {
        // A login that is held back will be told with the expiry of then.
        guard entry.loginID != nil else { return }
        emit(.renewed(userID: login.userID, expiresAt: entry.expiresAt), entry.session, at: now.wall, into: &events)
    }

    mutating func changed(
        _ entry: SessionEntry, _ login: Login, keys: [String], at now: Moment, into events: inout [SessionEvent]
    ) {
        // What changes while the login is held back is part of what logged in.
        guard entry.loginID != nil else { return }
        emit(.changed(userID: login.userID, keys: keys), entry.session, at: now.wall, into: &events)
    }

    mutating func rejected(
        _ session: Fingerprint, _ reason: RejectionReason, at now: Moment, into events: inout [SessionEvent]
    ) {
        emit(.rejected(reason), session, at: now.wall, into: &events)
    }

    // MARK: Telling

    private var twins: TwinSearch { TwinSearch(table: table) }

    private mutating func keyDecided(_ key: SessionKey, at now: Moment, into events: inout [SessionEvent]) {
        tell(rotations.keyDecided(key, at: now.uptime, twins: twins), into: &events)
    }

    private mutating func end(
        _ key: SessionKey, _ entry: SessionEntry, _ reason: LogoutReason, at time: Moment,
        into events: inout [SessionEvent]
    ) {
        guard let login = entry.standing.login, let loginID = entry.loginID else { return }
        let reason = attribute(reason, of: key, at: time)
        switch reason {
        case .deleted: tombstones.bury(entry.session, .deleted, at: time.uptime)
        case .revoked(let uid): tombstones.bury(entry.session, .revoked(byUID: uid), at: time.uptime)
        default: break
        }
        let held = HeldLogout(
            key: key, session: entry.session, login: login, loginID: loginID, deletedAt: time.uptime, time: time.wall
        )
        if reason == .deleted, rotations.holds(held, at: time.uptime) {
            openElsewhere.add(login.userID)
            tell(rotations.decide(held.identity, at: time.uptime, twins: twins), into: &events)
        } else {
            tellLogout(held, reason, into: &events)
        }
    }

    /// What Redis did at this daemon's wish was somebody's here.
    private mutating func attribute(_ reason: LogoutReason, of key: SessionKey, at time: Moment) -> LogoutReason {
        switch reason {
        case .deleted, .missing, .flushed:
            guard let uid = revocations.uid(of: key, at: time.uptime) else { return reason }
            revocations.end(key)
            return .revoked(byUID: uid)
        default: return reason
        }
    }

    /// A session was deleted at somebody's wish: if it is written again, it is to be ended again.
    mutating func buryRevoked(_ key: SessionKey, byUID uid: UInt32, at now: Moment) {
        tombstones.bury(Fingerprint(of: key), .revoked(byUID: uid), at: now.uptime)
    }

    /// Whether a session was ended lately at somebody's wish, and does not live again as far as is known.
    func isRevoked(_ session: Fingerprint, at now: Moment) -> Bool { tombstones.isRevoked(session, at: now.uptime) }

    mutating func takeResurrected() -> [(key: SessionKey, byUID: UInt32)] {
        defer { resurrected = [] }
        return resurrected
    }

    /// Tells what is held back as it looks: nothing more is heard.
    mutating func release(into events: inout [SessionEvent]) {
        tell(rotations.releaseAll(), into: &events)
    }

    /// Ids go on in another run, and what was held back is forgotten; ``account`` is to say what is told already.
    mutating func beginRun(_ run: UInt64, openLogins: some Sequence<OpenLogin>) {
        if run != self.run { (self.run, sequence) = (run, 0) }
        _ = rotations.releaseAll()
        disappearances = [:]
        openElsewhere.removeAll()
        for login in openLogins { openElsewhere.add(login.userID) }
    }

    /// A login that the journal holds open has a session in the table, or has ended.
    mutating func adopted(_ login: OpenLogin) {
        openElsewhere.remove(login.userID)
    }

    private mutating func tell(_ decisions: [RotationCorrelator.Decision], into events: inout [SessionEvent]) {
        for decision in decisions {
            switch decision {
            case .login(let login, let cause): tellLogin(login, cause, into: &events)
            case .logout(let logout, let reason):
                openElsewhere.remove(logout.login.userID)
                tellLogout(logout, reason, into: &events)
            }
        }
    }

    mutating func tellLogin(_ held: HeldLogin, _ cause: LoginCause, into events: inout [SessionEvent]) {
        let userID = held.login.userID
        let expiresAt = table.entry(of: held.key).map(\.expiresAt) ?? held.expiresAt
        let isFirst = !hasOpenLogin(userID)
        let id = emit(
            .login(userID: userID, backend: held.login.backend, expiresAt: expiresAt, cause: cause),
            held.session, at: held.time, into: &events
        )
        if table.update(held.key, { $0.loginID = id }) == nil { openElsewhere.add(userID) }
        if isFirst { emit(.userOnline(userID), nil, at: held.time, into: &events) }
    }

    /// Whether a login of this user was told and has not ended.
    private func hasOpenLogin(_ userID: UserID) -> Bool {
        openElsewhere.count(of: userID) > 0 || table.hasToldLogin(of: userID)
    }

    private mutating func tellLogout(_ held: HeldLogout, _ reason: LogoutReason, into events: inout [SessionEvent]) {
        tellLogout(
            of: held.session, held.login.userID, held.login.backend, held.loginID, reason, at: held.time, into: &events
        )
    }

    /// A login has ended that nothing here stands for any more.
    ///
    /// - Parameter time: when it occurred, in milliseconds since 1970.
    mutating func tellLogout(
        of session: Fingerprint, _ userID: UserID, _ backend: String, _ loginID: EventID, _ reason: LogoutReason,
        at time: Int64, into events: inout [SessionEvent]
    ) {
        emit(
            .logout(userID: userID, backend: backend, loginID: loginID, reason: reason), session, at: time,
            into: &events
        )
        guard !hasOpenLogin(userID) else { return }
        emit(.userOffline(userID), nil, at: time, into: &events)
    }

    @discardableResult
    private mutating func emit(
        _ kind: SessionEvent.Kind, _ subject: Fingerprint?, at wall: Int64, into events: inout [SessionEvent]
    ) -> EventID {
        sequence += 1
        events.append(SessionEvent(id: position, time: wall, subject: subject, kind: kind))
        return position
    }
}
