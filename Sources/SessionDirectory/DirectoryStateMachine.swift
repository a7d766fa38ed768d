package import DjangoSession
package import SessionModel

/// What the daemon knows and may say of every session: the machine behind the cache and the events.
///
/// ```
///   keyspace events ─┐                ┌─▶ SessionTable   what lookups read
///   replies ─────────┼─▶ this machine ┼─▶ events         who came and went
///   time, the link ──┘                └─▶ answers        for those who waited
///                         │  ▲
///                         ▼  │ fetchCompleted
///                      takeFetches
/// ```
/// It holds no clock and does no IO: every call is told the time and leaves what is to be done in `effects`.
package struct DirectoryStateMachine: ~Copyable {
    /// What lookups read on other threads.
    package let table: SessionTable

    private let decoder: SessionDecoder
    private let freshness: Freshness
    private var phase = LinkPhase.down
    private var epoch = LinkEpoch.none
    private var epochOpened = Moment(uptime: 0, wall: 0)
    private var evidence = NotificationEvidence()
    private var isAsking = false
    private var wasLive = false
    private var lastProof: Int64 = .min
    /// Since when changes went unseen, while they do and until that is caught up with; monotonic clock.
    private var unseenSince: Int64?
    private var gapMilliseconds: Int64?
    private var unavailability = "the first connection to Redis is not made yet"

    private var fetches = FetchStateMachine()
    private var presence: PresenceStateMachine
    private var deadlines = DeadlineQueue()
    private var counts = SessionCounts()
    private var foreignKeyCount = 0

    /// - Parameters:
    ///   - run: the run of the event ids.
    package init(table: SessionTable, decoder: SessionDecoder, freshness: Freshness, run: UInt64) {
        self.table = table
        self.decoder = decoder
        self.freshness = freshness
        presence = PresenceStateMachine(table: table, run: run)
    }

    /// The newest event's id.
    package var position: EventID { presence.position }

    /// When ``timePassed(at:_:)`` is to be called at the latest; monotonic clock, milliseconds.
    package var nextDeadline: Int64? {
        [deadlines.next, presence.nextDeadline].compactMap { $0 }.min()
    }

    package var figures: DirectoryFigures {
        DirectoryFigures(
            condition: condition, epoch: epoch, notifications: evidence.assurance, sessions: counts,
            userCount: presence.live.userCount, foreignKeyCount: foreignKeyCount, fetchCount: fetches.fetchCount,
            overtakenCount: fetches.overtakenCount, staleFoundCount: 0
        )
    }

    /// How many deadlines are queued; for tests.
    var deadlineCount: Int { deadlines.count }

    private var condition: LinkPhase.Name {
        switch phase {
        case .down: epoch == .none ? .connecting : .backingOff
        case .catchingUp: .scanning
        case .live: .live
        case .distrusted: .distrusted
        }
    }

    // MARK: The link

    /// The subscription stands: a new epoch, in which nothing is proven yet.
    package mutating func subscriptionEstablished(
        notifications: NotificationAssurance, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        epoch.advance()
        epochOpened = now
        evidence = NotificationEvidence(assurance: notifications)
        table.open(epoch)
        lastProof = .min
        fetches.subscriptionEstablished()
        gapMilliseconds = unseenSince.map { now.uptime - $0 }
        phase = .catchingUp(LinkPhase.CatchUp())
    }

    /// Changes go unseen from now on: nothing in the table may be believed.
    package mutating func subscriptionLost(cause: String, at now: Moment, _ effects: inout DirectoryEffects) {
        unavailability = cause
        if case .down = phase { return }
        table.prove(until: .min)
        presence.subscriptionLost(at: now, into: &effects.events)
        if wasLive, unseenSince == nil {
            unseenSince = lastProof == .min ? now.uptime : lastProof
            presence.linkChanged(to: .lost, gapMilliseconds: nil, at: now, into: &effects.events)
        }
        phase = .down
    }

    /// Questions can be sent.
    package mutating func askingEstablished() {
        isAsking = true
    }

    /// Questions cannot be sent; those under way stay unanswered.
    package mutating func askingLost(cause: String, at now: Moment, _ effects: inout DirectoryEffects) {
        isAsking = false
        unavailability = cause
        for ticket in fetches.askingLost() {
            effects.answers.append((ticket, .unavailable(cause)))
        }
    }

    /// A PING sent at `pingSentAt` was answered on the subscribing connection: every change before it is known.
    package mutating func pongReceived(pingSentAt: Int64, at now: Moment, _ effects: inout DirectoryEffects) {
        presence.announcementsHeard(before: pingSentAt, into: &effects.events)
        guard evidence.assurance == .verified else { return }
        lastProof = max(lastProof, pingSentAt)
        table.prove(until: lastProof + freshness.stalenessMax)
    }

    // MARK: Catching up

    /// The scan found these keys.
    package mutating func scanned(_ keys: [SessionKey], at now: Moment) {
        guard case .catchingUp(var catchUp) = phase else { return }
        for key in keys where table.entry(of: key)?.epoch != epoch {
            if fetches.request(key, .catchUp) { catchUp.unreadCount += 1 }
        }
        phase = .catchingUp(catchUp)
    }

    /// The scan begins, or begins anew since the connection that asked was lost.
    package mutating func scanStarted() {
        guard case .catchingUp(var catchUp) = phase else { return }
        catchUp.isScanned = false
        phase = .catchingUp(catchUp)
    }

    /// The scan came to its end.
    package mutating func scanEnded(at now: Moment, _ effects: inout DirectoryEffects) {
        guard case .catchingUp(var catchUp) = phase else { return }
        catchUp.isScanned = true
        phase = .catchingUp(catchUp)
        advanceCatchUp(at: now, &effects)
    }

    private mutating func advanceCatchUp(at now: Moment, _ effects: inout DirectoryEffects) {
        guard case .catchingUp(var catchUp) = phase, catchUp.isScanned, catchUp.unreadCount == 0 else { return }
        if !catchUp.areRemaindersAsked {
            // What the scan did not bring is most likely gone, but only its own reading proves it.
            catchUp.areRemaindersAsked = true
            let opened = epoch
            for key in table.keys(where: { $0.epoch != opened }) {
                if fetches.request(key, .catchUp) { catchUp.unreadCount += 1 }
            }
            phase = .catchingUp(catchUp)
            if catchUp.unreadCount > 0 { return }
        }
        if !wasLive, counts.isMostlyInvalid {
            phase = .distrusted
            effects.milestones.append(.distrusted(counts))
        } else {
            becomeLive(at: now, &effects)
        }
    }

    private mutating func becomeLive(at now: Moment, _ effects: inout DirectoryEffects) {
        if let gapMilliseconds {
            presence.linkChanged(to: .live, gapMilliseconds: gapMilliseconds, at: now, into: &effects.events)
        }
        unseenSince = nil
        wasLive = true
        phase = .live
        effects.milestones.append(.live(counts, users: presence.live.userCount, gapMilliseconds: gapMilliseconds))
    }

    // MARK: Notifications

    /// Redis announced a change of a key.
    ///
    /// - Parameter name: the event's name on the wire; which names were seen tells which flags are set.
    package mutating func keyspaceEvent(
        _ event: KeyspaceEvent, named name: [UInt8], of key: SessionKey, at now: Moment,
        _ effects: inout DirectoryEffects
    ) {
        evidence.seen(name)
        switch event {
        case .written:
            let isKnown: Void? = table.update(key) { entry in
                entry.isTouched = true
                entry.changedAt = now.uptime
            }
            if isKnown == nil { presence.keyAppeared(key, at: now, into: &effects.events) }
            fetches.request(key, .notified)
        case .removed(let reason):
            fetches.removed(key)
            if table.entry(of: key) == nil {
                presence.removalAnnounced(key, reason, at: now, into: &effects.events)
            } else {
                remove(key, reason, at: now, &effects)
            }
        }
    }

    /// A key under the pattern is no session's.
    package mutating func foreignKeySeen() {
        foreignKeyCount += 1
    }

    // MARK: Reading Redis

    /// The next keys to read with GET and PTTL, at most `limit`. Each is answered by ``fetchCompleted(_:_:at:_:)``,
    /// or all by ``askingLost(cause:at:_:)``.
    package mutating func takeFetches(limit: Int) -> [SessionKey] {
        isAsking ? fetches.takeBatch(limit: limit) : []
    }

    /// Whether ``takeFetches(limit:)`` would return any.
    package var hasFetches: Bool { isAsking && fetches.hasQueued }

    /// Redis has answered for one key.
    package mutating func fetchCompleted(
        _ key: SessionKey, _ value: StoredValue, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        let old = table.entry(of: key)
        let reading = read(key, value, after: old, at: now)
        guard let completion = fetches.completed(key, isPositive: reading?.standing.login != nil) else { return }
        var answer = reading
        if completion.credence != .outdated {
            apply(key, reading, after: old, value, completion, at: now, &effects)
            answer = reading == nil ? nil : table.entry(of: key)
        }
        for ticket in completion.answered {
            effects.answers.append((ticket, self.answer(ticket, answer, askedAt: value.askedAt, at: now)))
        }
        if completion.origins.contains(.catchUp), case .catchingUp(var catchUp) = phase {
            catchUp.unreadCount -= 1
            phase = .catchingUp(catchUp)
            advanceCatchUp(at: now, &effects)
        }
        if case .distrusted = phase, !counts.isMostlyInvalid {
            becomeLive(at: now, &effects)
        }
    }

    /// The entry that a stored value makes; nil where there is no session.
    private mutating func read(
        _ key: SessionKey, _ value: StoredValue, after old: SessionEntry?, at now: Moment
    ) -> SessionEntry? {
        var entry: SessionEntry
        switch value.content {
        case .absent: return nil
        case .otherType: entry = reject(.unreadable, key, valueDigest: 0, at: now)
        case .string(let bytes): entry = reread(bytes, old) ?? decode(bytes, of: key, at: now)
        }
        entry.epoch = epoch
        switch value.expiry {
        case .never: (entry.deadline, entry.expiresAt) = (.max, nil)
        case .after(let milliseconds):
            // Counted from the question, so that it is never later than the truth.
            let (sum, isOver) = value.askedAt.addingReportingOverflow(milliseconds)
            entry.deadline = isOver ? .max : sum
            entry.expiresAt = isOver ? nil : now.wall(atUptime: sum)
        }
        return entry
    }

    /// The old entry again, if the stored bytes are the same: only the expiry can have moved.
    private func reread(_ bytes: [UInt8], _ old: SessionEntry?) -> SessionEntry? {
        guard var entry = old, entry.valueDigest == bytes.hashValue else { return nil }
        entry.isTouched = false
        return entry
    }

    private func decode(_ bytes: [UInt8], of key: SessionKey, at now: Moment) -> SessionEntry {
        let session: DecodedSession
        do throws(DecodeError) {
            session = try decoder.decode(bytes)
        } catch {
            let reason: RejectionReason = if case .invalid = error { .invalid } else { .unreadable }
            return reject(reason, key, valueDigest: bytes.hashValue, at: now)
        }
        return SessionEntry(
            session: Fingerprint(of: key), standing: Standing(session), epoch: epoch, deadline: .max, expiresAt: nil,
            changedAt: now.uptime, firstSeenAt: now.wall, data: session.data, valueDigest: bytes.hashValue
        )
    }

    private func reject(
        _ reason: RejectionReason, _ key: SessionKey, valueDigest: Int, at now: Moment
    ) -> SessionEntry {
        SessionEntry(
            session: Fingerprint(of: key), standing: .rejected(reason), epoch: epoch, deadline: .max, expiresAt: nil,
            changedAt: now.uptime, firstSeenAt: now.wall, data: nil, valueDigest: valueDigest
        )
    }

    // MARK: What a reading changes

    private mutating func apply(
        _ key: SessionKey, _ reading: SessionEntry?, after old: SessionEntry?, _ value: StoredValue,
        _ completion: FetchStateMachine.Completion, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        let isLive =
            completion.origins.contains(.notified) || isSubscribed && (old.map { $0.epoch == epoch } ?? isCaughtUp)
        guard var entry = reading else {
            if old != nil { notFound(key, value, isLive: isLive, at: now, &effects) }
            return
        }
        entry.isTouched = completion.credence != .proven
        let sighting: PresenceStateMachine.Sighting = isLive ? .live : .catchUp
        store(&entry, for: key, after: old, sighting, at: now, &effects)
        schedule(key, entry)
    }

    private var isSubscribed: Bool {
        if case .down = phase { false } else { true }
    }

    private var isCaughtUp: Bool {
        switch phase {
        case .live, .distrusted: true
        case .down, .catchingUp: false
        }
    }

    private mutating func store(
        _ entry: inout SessionEntry, for key: SessionKey, after old: SessionEntry?,
        _ sighting: PresenceStateMachine.Sighting, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        if let old {
            entry.firstSeenAt = old.firstSeenAt
            entry.changedAt = old.valueDigest == entry.valueDigest ? old.changedAt : now.uptime
            entry.scheduledDeadline = old.scheduledDeadline
        } else {
            entry.firstSeenAt = sighting == .live ? now.wall : epochOpened.wall
        }
        if let before = old?.standing.login, let login = entry.standing.login, before.userID == login.userID {
            entry.loginID = old?.loginID
            entry.ordinal = old?.ordinal
            entry.carrySuperseded(from: before)
            replace(key, old, with: entry)
            tellUpdate(of: key, entry, login, after: old, at: now, &effects)
        } else {
            presence.settle(key, at: now, into: &effects.events)
            let settled = table.entry(of: key)
            entry.loginID = nil
            entry.ordinal = nil
            replace(key, settled, with: entry)
            tellTransition(of: key, entry, after: settled, sighting, at: now, &effects)
        }
        markSuperseded(key, entry, after: old)
    }

    private mutating func replace(_ key: SessionKey, _ old: SessionEntry?, with entry: SessionEntry) {
        if let old { counts.remove(old.standing) }
        counts.add(entry.standing)
        table.store(entry, for: key)
    }

    private mutating func tellUpdate(
        of key: SessionKey, _ entry: SessionEntry, _ login: Login, after old: SessionEntry?, at now: Moment,
        _ effects: inout DirectoryEffects
    ) {
        guard let old, old.valueDigest != entry.valueDigest || old.deadline != entry.deadline else { return }
        if Self.hasMoved(old.deadline, to: entry.deadline) {
            presence.renewed(entry, login, at: now, into: &effects.events)
        }
        if let before = old.data, let after = entry.data, before != after {
            let keys = SessionContent.changedNames(from: before, to: after)
            if !keys.isEmpty { presence.changed(entry, login, keys: keys, at: now, into: &effects.events) }
        }
    }

    /// Two readings of one expiry differ by the time the replies took; a renewal moves it by more.
    private static func hasMoved(_ old: Int64, to new: Int64) -> Bool {
        let (difference, isOver) = new.subtractingReportingOverflow(old)
        return isOver || difference.magnitude > 500
    }

    private mutating func tellTransition(
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
            presence.loggedIn(key, login, after: old, sighting, at: now, into: &effects.events)
        case .anonymous:
            presence.nobodySeen(key, at: now, into: &effects.events)
        case .rejected(let reason):
            presence.nobodySeen(key, at: now, into: &effects.events)
            // Told once a change; what the scan finds is only counted.
            let isNews = old?.valueDigest != entry.valueDigest && (sighting == .live || old?.standing.login != nil)
            if isNews { presence.rejected(entry.session, reason, at: now, into: &effects.events) }
        }
    }

    /// Redis has no value for a session that the table holds.
    private mutating func notFound(
        _ key: SessionKey, _ value: StoredValue, isLive: Bool, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        presence.settle(key, at: now, into: &effects.events)
        guard let entry = forget(key) else { return }
        guard entry.standing.login != nil else { return }
        if entry.deadline <= now.uptime {
            presence.loggedOut(
                key, entry, .expired, at: Self.moment(ofDeadlineOf: entry, now), into: &effects.events
            )
        } else if isLive {
            presence.disappeared(key, entry, at: now, into: &effects.events)
        } else {
            presence.loggedOut(key, entry, .missing, at: now, into: &effects.events)
        }
    }

    /// Redis announced that a session that the table holds is gone.
    private mutating func remove(
        _ key: SessionKey, _ reason: LogoutReason, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        presence.settle(key, at: now, into: &effects.events)
        guard let entry = forget(key), entry.standing.login != nil else { return }
        let time = reason == .expired ? Self.moment(ofDeadlineOf: entry, now) : now
        presence.loggedOut(key, entry, reason, at: time, into: &effects.events)
    }

    private mutating func forget(_ key: SessionKey) -> SessionEntry? {
        guard let entry = table.remove(key) else { return nil }
        counts.remove(entry.standing)
        return entry
    }

    private static func moment(ofDeadlineOf entry: SessionEntry, _ now: Moment) -> Moment {
        guard let expiresAt = entry.expiresAt, entry.deadline <= now.uptime else { return now }
        return Moment(uptime: entry.deadline, wall: expiresAt)
    }

    // MARK: Superseded sessions

    /// Marks those sessions of a user whose password hash is older than another's: most likely the password changed.
    ///
    /// Hashes are compared only where they are of one kind: of equal length and made under the same secret key.
    private func markSuperseded(_ key: SessionKey, _ entry: SessionEntry, after old: SessionEntry?) {
        guard let login = entry.standing.login, login.passwordHash != old?.standing.login?.passwordHash else { return }
        for other in presence.live.newestKeys(of: login.userID, limit: TwinSearch.countMax) where other != key {
            guard let otherEntry = table.entry(of: other), let otherLogin = otherEntry.standing.login,
                otherLogin.passwordHash.count == login.passwordHash.count, otherLogin.keyIndex == login.keyIndex,
                otherLogin.passwordHash != login.passwordHash, otherEntry.firstSeenAt != entry.firstSeenAt
            else { continue }
            supersede(otherEntry.firstSeenAt < entry.firstSeenAt ? other : key)
        }
    }

    private func supersede(_ key: SessionKey) {
        _ = table.update(key) { entry in
            guard case .authenticated(var login) = entry.standing else { return }
            login.isSuperseded = true
            entry.standing = .authenticated(login)
        }
    }

    // MARK: Time

    private mutating func schedule(_ key: SessionKey, _ entry: SessionEntry) {
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
    }

    // MARK: Lookups

    /// Somebody asks who is behind a key, and the table may not answer.
    package mutating func lookup(
        _ key: SessionKey, _ ticket: LookupTicket, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        guard isAsking else {
            let answer = staleAnswer(key, ticket, at: now) ?? .unavailable(unavailability)
            effects.answers.append((ticket, answer))
            return
        }
        fetches.join(key, ticket)
    }

    /// What is known from before the link was lost, if `--serve-stale` allows it to be told.
    private func staleAnswer(_ key: SessionKey, _ ticket: LookupTicket, at now: Moment) -> SessionAnswer? {
        let age = lastProof == .min ? .max : now.uptime - lastProof
        guard age <= freshness.serveStale, !ticket.wants.confirmation, let entry = table.entry(of: key),
            entry.epoch == epoch, !entry.isTouched, now.uptime < entry.deadline,
            case .authenticated(var session) = entry.freshAnswer(wanting: ticket.wants).verdict
        else { return nil }
        session.staleMilliseconds = age
        return SessionAnswer(.authenticated(session), data: entry.freshAnswer(wanting: ticket.wants).data)
    }

    /// The answer that a reply gives to one who waited for it.
    private func answer(
        _ ticket: LookupTicket, _ entry: SessionEntry?, askedAt: Int64, at now: Moment
    ) -> SessionAnswer {
        guard let entry else { return .nobody(.unknown) }
        switch entry.standing {
        case .authenticated where now.uptime - askedAt >= freshness.stalenessMax:
            return .unavailable("Redis takes longer to answer than --max-staleness allows")
        case .rejected(.invalid) where !wasLive:
            return .unavailable("stored sessions fail their signature: compare the secret key file with Django's SECRET_KEY")
        default:
            return entry.freshAnswer(wanting: ticket.wants)
        }
    }

    /// A page of the live sessions.
    package func list(_ query: SessionListQuery) -> SessionListPage {
        let found = presence.live.keys(of: query.userID, after: query.after, limit: query.limit)
        let sessions = found.prefix(query.limit).compactMap { place -> ListedSession? in
            guard let entry = table.entry(of: place.key), let login = entry.standing.login else { return nil }
            return ListedSession(
                session: entry.session, userID: login.userID, backend: login.backend, expiresAt: entry.expiresAt,
                firstSeenAt: entry.firstSeenAt
            )
        }
        let next = found.count > query.limit ? found[query.limit - 1].ordinal : nil
        return SessionListPage(sessions: sessions, next: next, position: presence.position)
    }
}
