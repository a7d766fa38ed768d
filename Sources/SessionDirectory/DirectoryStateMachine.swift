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

    var reader: ValueReader
    private let freshness: Freshness
    var phase = LinkPhase.down
    var epoch = LinkEpoch.none
    var epochOpened = Moment(uptime: 0, wall: 0)
    /// How many values were read in this epoch.
    var readCount = 0
    private var evidence = NotificationEvidence()
    private var isTracking = false
    private(set) var isAsking = false
    var wasLive = false
    private var lastProof: Int64 = .min
    /// The last epoch in which anything was proven, and until when; for ``staleAnswer(_:_:at:)``.
    private var lastProven: (epoch: LinkEpoch, until: Int64)?
    /// Since when changes went unseen, while they do and until that is caught up with; monotonic clock.
    var unseenSince: Int64?
    var gapMilliseconds: Int64?
    /// Why those are logged out whom the catching up does not find.
    var unannouncedReason = LogoutReason.missing
    /// The last session that was compared with Redis.
    private var comparedPlace: SessionPlace?
    /// Counts the scans for comparison, modulo 256.
    var comparisonNumber: UInt8 = 0
    private(set) var unavailability = "the first connection to Redis is not made yet"

    var fetches: FetchStateMachine
    /// What a large value's reading found out about the entry before, while it is taken up.
    var changedNames: [String]?
    /// What the scan did not bring and is still to be asked for, while catching up.
    var remainders: [SessionKey] = []
    private var misses: MissAllowance
    var largeRejections = LargeRejections()
    private var patience: LookupPatience
    var silentChanges = SilentChanges()
    var dataBudget: DataBudget
    var flushSuspicion = FlushSuspicion()
    var presence: PresenceStateMachine
    var userRevocations = UserRevocations()
    var deadlines = DeadlineWatch()
    var counts = SessionCounts()
    var storedForms = StoredForms()
    private var foreignKeyCount = 0

    /// A machine without a journal: its events count once ``journalOpened(_:at:_:)`` has told in which run.
    package init(
        table: SessionTable, decoder: SessionDecoder, freshness: Freshness, limits: DirectoryLimits = .init()
    ) {
        self.table = table
        reader = ValueReader(decoder: decoder)
        self.freshness = freshness
        fetches = FetchStateMachine(limits: limits)
        misses = MissAllowance(limits)
        patience = LookupPatience(milliseconds: limits.waitingMillisecondsMax)
        dataBudget = DataBudget(bytesMax: limits.dataBytesMax)
        presence = PresenceStateMachine(table: table)
    }

    /// The newest event's id.
    package var position: EventID { presence.position }

    /// When ``timePassed(at:_:)`` is to be called at the latest; monotonic clock, milliseconds.
    package var nextDeadline: Int64? {
        let watched = deadlines.next(isTableEmpty: counts.total == 0)
        return [watched, presence.nextDeadline, fetches.waitingCount > 0 ? patience.next : nil].compactMap { $0 }.min()
    }

    package var figures: DirectoryFigures {
        DirectoryFigures(
            condition: condition, epoch: epoch, hearing: hearing, sessions: counts,
            storedForms: storedForms, userCount: table.userCount, foreignKeyCount: foreignKeyCount,
            fetchCount: fetches.fetchCount, overtakenCount: fetches.overtakenCount,
            staleFoundCount: presence.silentEndCount + silentChanges.foundCount,
            comparedCount: silentChanges.comparedCount, dataBytes: dataBudget.bytes,
            refusedMissCount: misses.refusedCount
        )
    }

    var hearing: Hearing { Hearing(evidence.assurance, isTracking: isTracking) }

    /// How many deadlines are watched; for tests.
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
        _ hearing: Hearing, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        evidence = NotificationEvidence(assurance: hearing.notifications)
        isTracking = hearing.isTracking
        openEpoch(at: now)
    }

    /// CLIENT TRACKING began or ended while the subscription stands.
    package mutating func trackingChanged(isOn: Bool, at now: Moment, _ effects: inout DirectoryEffects) {
        guard isSubscribed else { return }
        let before = hearing.source
        isTracking = isOn
        guard isOn else { return }
        if before == .none {
            // What was read while nothing told of changes may have changed in silence.
            openEpoch(at: now)
            effects.wantsScan = true
        } else {
            // Nothing told of flushes until now.
            everythingInvalidated(at: now, &effects)
        }
    }

    /// Nothing that was read so far is believed any more: all of it is to be read again.
    ///
    /// - Parameter reason: of the logouts of those that are then gone.
    mutating func openEpoch(at now: Moment, unannounced reason: LogoutReason = .missing) {
        table.tell(now)
        unannouncedReason = reason
        epoch.advance()
        epochOpened = now
        readCount = 0
        table.open(epoch)
        lastProof = .min
        fetches.epochOpened()
        remainders = []
        silentChanges.forget()
        flushSuspicion.end()
        gapMilliseconds = unseenSince.map { now.uptime - $0 }
        phase = .catchingUp(LinkPhase.CatchUp())
    }

    /// Changes go unseen from now on: nothing in the table may be believed.
    package mutating func subscriptionLost(cause: String, at now: Moment, _ effects: inout DirectoryEffects) {
        unavailability = cause
        evidence = NotificationEvidence(assurance: evidence.assurance)
        isTracking = false
        if case .down = phase { return }
        table.prove(until: .min)
        unannouncedReason = .missing
        silentChanges.forget()
        flushSuspicion.end()
        giveUpRevoking(&effects)
        presence.subscriptionLost(at: now, into: &effects.events)
        if wasLive, unseenSince == nil {
            unseenSince = lastProof == .min ? now.uptime : lastProof
            presence.linkChanged(to: .lost, gapMilliseconds: nil, at: now.wall, into: &effects.events)
        }
        phase = .down
    }

    /// Questions can be sent.
    package mutating func askingEstablished(at now: Moment, _ effects: inout DirectoryEffects) {
        isAsking = true
        // Tracking, which tells of flushes, ended with the last connection; and nothing could be compared meanwhile.
        if case .live = phase { everythingInvalidated(at: now, &effects) }
    }

    /// Questions cannot be sent; those under way stay unanswered.
    package mutating func askingLost(cause: String, at now: Moment, _ effects: inout DirectoryEffects) {
        isAsking = false
        unavailability = cause
        giveUpRevoking(&effects)
        for (key, ticket) in fetches.askingLost() {
            effects.answers.append((ticket, answerWithoutRedis(key, ticket, at: now)))
        }
    }

    /// Every change up to `uptime` has been announced: a PING that was sent then was answered behind the announcements.
    ///
    /// While questions cannot be sent nothing is proven anew: nobody could find what is not announced.
    package mutating func heard(until uptime: Int64, at now: Moment, _ effects: inout DirectoryEffects) {
        guard isSubscribed else { return }
        table.tell(now)
        flushSuspicion.announcementsHeard(before: uptime)
        let endedSilently = presence.announcementsHeard(before: uptime, into: &effects.events)
        let changedSilently = silentChanges.announcementsHeard(before: uptime)
        if endedSilently || changedSilently, case .live = phase {
            // What ended one session in silence, such as FLUSHALL, may have ended them all.
            openEpoch(at: now, unannounced: .flushed)
            effects.wantsScan = true
        }
        if case .live = phase { compareSome() }
        continueRevoking(heardUntil: uptime, &effects)
        goOnCatchingUp(at: now, &effects)
        guard hearing.source != .none, isAsking, !flushSuspicion.isOpen else { return }
        lastProof = max(lastProof, uptime)
        lastProven = (epoch, lastProof)
        table.prove(until: lastProof + freshness.stalenessMax)
    }

    /// Another live session at every call.
    mutating func nextToCompare() -> SessionKey? {
        comparedPlace = table.liveSessions(after: comparedPlace, limit: 1).first
        return comparedPlace.flatMap { table.key(at: $0) }
    }

    // MARK: Notifications

    /// Redis announced a change of a key.
    ///
    /// - Parameter name: the event's name on the wire; which names were seen tells which flags are set.
    package mutating func keyspaceEvent(
        _ event: KeyspaceEvent, named name: [UInt8], of key: SessionKey, at now: Moment,
        _ effects: inout DirectoryEffects
    ) {
        if isSubscribed, !isTracking, evidence.isCompleted(by: name) {
            // Nobody knows since when changes are announced: what was read before may have changed in silence.
            openEpoch(at: now)
            effects.wantsScan = true
        }
        table.tell(now)
        announced(key, at: now, &effects)
        switch event {
        case .written: written(key, at: now, &effects)
        case .removed(let reason):
            defer { presence.revocations.end(key) }
            fetches.removed(key)
            takeUp(key, nil, at: now)
            if table.entry(of: key) == nil {
                presence.removalAnnounced(key, reason, at: now, into: &effects.events)
            } else {
                remove(key, reason, at: now, &effects)
                reconsiderTrust(at: now, &effects)
            }
        }
    }

    private mutating func written(_ key: SessionKey, at now: Moment, _ effects: inout DirectoryEffects) {
        if !table.touch(key, at: now.uptime) { presence.keyAppeared(key, at: now, into: &effects.events) }
        fetches.request(key, .notified)
    }

    /// CLIENT TRACKING named a key that changed, or is gone.
    package mutating func keyInvalidated(_ key: SessionKey, at now: Moment, _ effects: inout DirectoryEffects) {
        announced(key, at: now, &effects)
        written(key, at: now, &effects)
    }

    private mutating func announced(_ key: SessionKey, at now: Moment, _ effects: inout DirectoryEffects) {
        silentChanges.announced(key)
        flushSuspicion.noteWritten(key)
        if flushSuspicion.isAbout(key) { suspectFlush(at: now, &effects) }
    }

    /// A key under the pattern is no session's.
    package mutating func foreignKeySeen() {
        foreignKeyCount += 1
    }

    // MARK: Reading Redis

    /// The next keys to read with GET and PTTL, at most `limit`. Each is answered by ``fetchCompleted(_:_:at:_:)``,
    /// or all by ``askingLost(cause:at:_:)``.
    ///
    /// - Parameter onlyLookups: those that nobody waits for stay queued, as what they show could not be recorded now.
    package mutating func takeFetches(limit: Int, onlyLookups: Bool = false) -> [SessionKey] {
        isAsking ? fetches.takeBatch(limit: limit, onlyLookups: onlyLookups) : []
    }

    /// Whether so few keys wait to be read that a scan may go on.
    package var hasRoomForKeys: Bool { fetches.hasRoom }

    /// Whether ``takeFetches(limit:onlyLookups:)`` may return any.
    package var hasFetches: Bool { isAsking && fetches.hasQueued }

    /// Redis has answered for one key. Where the value is large that was no answer yet: ``takeWhole(onlyLookups:)``.
    package mutating func fetchCompleted(
        _ key: SessionKey, _ value: StoredValue, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        guard fetches.isSent(key, whole: nil) else { return }
        table.tell(now)
        if fetches.isBelieved(key) { endDeleted(key, at: now, &effects) }
        let old = table.entry(of: key)
        if case .long = value.content {} else { largeRejections.forget(key) }
        guard let read = reader.readBriefly(value, after: old, wantsData: fetches.wantsData(of: key)) else {
            fetches.setAside(key)
            return
        }
        complete(key, read, after: old, at: now, &effects)
    }

    mutating func complete(
        _ key: SessionKey, _ value: ReadValue, after entry: SessionEntry?, at now: Moment,
        _ effects: inout DirectoryEffects
    ) {
        var old = entry
        let askedIn = fetches.isFromEarlierEpoch(key) ? epoch.previous : epoch
        let reading = reader.entry(of: key, value, after: old, in: askedIn, at: now)
        guard let completion = fetches.completed(key, isPositive: reading?.standing.login != nil) else { return }
        if let inherited = takeUp(key, reading, at: now) { old = inherited }
        judgeFlush(by: key, reading, after: old, completion, at: now, &effects)
        if completion.credence != .outdated { apply(key, reading, after: old, completion, at: now, &effects) }
        continueRevoking(read: key, askedAt: completion.credence == .proven ? .max : value.askedAt, &effects)
        endResurrected(at: now, &effects)
        answer(key, reading, completion, askedAt: value.askedAt, at: now, &effects)
        if completion.origins.contains(.catchUp), case .catchingUp(var catchUp) = phase {
            catchUp.unreadCount -= 1
            phase = .catchingUp(catchUp)
        }
        goOnCatchingUp(at: now, &effects)
        reconsiderTrust(at: now, &effects)
    }

    /// Answers those who waited for a reading, which was taken up already.
    private mutating func answer(
        _ key: SessionKey, _ reading: SessionEntry?, _ completion: FetchStateMachine.Completion, askedAt: Int64,
        at now: Moment, _ effects: inout DirectoryEffects
    ) {
        guard !completion.answered.isEmpty else { return }
        var answer = reading
        if completion.credence != .outdated {
            answer = reading == nil ? nil : table.entry(of: key)
            // Memory may have no room for what was just read.
            answer?.data = reading?.data
        }
        // Redis may not have deleted it yet, or it was written again.
        if presence.revocations.isUnderWay(key, at: now.uptime) { answer = nil }
        // What a reply shows that is not taken up may be what was written after the session was revoked: that is about to be ended.
        if completion.credence == .outdated, let session = answer?.session, presence.isRevoked(session, at: now) {
            answer = nil
        }
        var shown: [SessionData] = []
        for ticket in completion.answered {
            var told = self.answer(ticket, answer, askedAt: askedAt, at: now)
            if let data = told.data {
                // However many wait for it, it is rendered once for each view.
                told.data = shown.first { $0.view == data.view } ?? data
                if told.data === data { shown.append(data) }
            }
            effects.answers.append((ticket, told))
        }
    }

    // MARK: Lookups

    /// Somebody asks who is behind a key, and the table may not answer.
    package mutating func lookup(
        _ key: SessionKey, _ ticket: LookupTicket, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        guard isAsking else {
            effects.answers.append((ticket, answerWithoutRedis(key, ticket, at: now)))
            return
        }
        // What Redis has announced, or memory knows, was not invented: whoever has just logged in is let through.
        if let uid = ticket.wants.askedBy, case let count = questionCount(of: key), count > 0,
            fetches.wouldCostQuestion(key), let wait = misses.take(count, for: uid, at: now.uptime)
        {
            effects.answers.append((ticket, SessionAnswer(.overloaded(retryAfterMilliseconds: wait))))
            return
        }
        guard fetches.join(key, ticket) else {
            let answer = SessionAnswer(.overloaded(retryAfterMilliseconds: Self.crowdedRetryMilliseconds))
            effects.answers.append((ticket, answer))
            return
        }
        patience.began(ticket, isAlone: fetches.waitingCount == 1, at: now.uptime)
    }

    /// How many questions a lookup of a key counts as.
    private func questionCount(of key: SessionKey) -> Int {
        guard let entry = table.entry(of: key) else { return 1 }
        guard case .rejected = entry.standing, !entry.isTouched else { return 0 }
        return largeRejections.questionCount(of: key)
    }

    /// Whoever has waited too long for Redis is told so.
    mutating func endOverdueLookups(at now: Moment, _ effects: inout DirectoryEffects) {
        guard let number = patience.popOverdue(at: now.uptime), fetches.waitingCount > 0 else { return }
        for (key, ticket) in fetches.giveUpWaiting(through: number) {
            let answer = staleAnswer(key, ticket, at: now) ?? .unavailable("Redis did not answer within --link-timeout")
            effects.answers.append((ticket, answer))
        }
    }

    /// When to ask again where too many wait for Redis: about as long as it takes to answer them.
    private static let crowdedRetryMilliseconds = 250

    private func answerWithoutRedis(_ key: SessionKey, _ ticket: LookupTicket, at now: Moment) -> SessionAnswer {
        staleAnswer(key, ticket, at: now) ?? .unavailable(unavailability)
    }

    /// What is known from before the link was lost, if `--serve-stale` allows it to be told.
    private func staleAnswer(_ key: SessionKey, _ ticket: LookupTicket, at now: Moment) -> SessionAnswer? {
        guard freshness.serveStale > 0, let lastProven, !ticket.wants.confirmation else { return nil }
        // A subscription that came and went meanwhile takes nothing from what was known before it, and what was read under it
        // is younger still.
        let age = now.uptime - lastProven.until
        guard age <= freshness.serveStale, let entry = table.entry(of: key),
            entry.epoch >= lastProven.epoch, !entry.isTouched, now.uptime < entry.deadline,
            entry.has(ticket.wants),
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
            return .unavailable("the signature fits no key: compare the secret key file with Django's SECRET_KEY")
        default:
            return entry.freshAnswer(wanting: ticket.wants)
        }
    }

    /// A page of the live sessions.
    package func list(_ query: SessionListQuery) -> SessionListPage {
        let after = query.after.map { SessionPlace(number: UInt32(clamping: $0)) }
        let found = table.liveSessions(of: query.userID, after: after, limit: query.limit)
        let sessions = found.prefix(query.limit).compactMap { place -> ListedSession? in
            guard let entry = table.entry(at: place), let login = entry.standing.login else { return nil }
            return ListedSession(
                session: entry.session, userID: login.userID, backend: login.backend, expiresAt: entry.expiresAt,
                firstSeenAt: entry.firstSeenAt
            )
        }
        let next = found.count > query.limit ? UInt64(found[query.limit - 1].number) : nil
        return SessionListPage(sessions: sessions, next: next, position: presence.position)
    }
}
