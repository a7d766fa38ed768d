import Logging
import NIOCore
import NIOPosix
import RedisTransport
import SessionDirectory
import SessionModel

/// Makes the directory machine's calls and carries out what it leaves to be done. Confined to the link's event loop.
final class DirectoryDriver<EventJournal: Journal>: LinkConsumer {
    private var machine: DirectoryStateMachine
    private var effects = DirectoryEffects()
    private let loop: NIOIsolatedEventLoop
    private let journal: EventJournal
    private let logger: Logger
    private let reached: (Milestone) -> Void
    /// How many secret keys there are.
    private(set) var keyCount: Int
    private var waiting: [LookupTicket: @Sendable (SessionAnswer) -> Void] = [:]
    private var ticketCount: UInt64 = 0
    /// Orders to end a user's sessions, which wait until it is known which those are.
    private var waitingRevocations: [UInt64: (Result<[SessionKey], RevocationFailure>) -> Void] = [:]
    private var isTurnScheduled = false
    private var isBacklogScheduled = false
    private var isAskingScheduled = false
    private var alarm: (at: Int64, task: Scheduled<Void>)?
    private var lastForeignKeyWarning: Int64 = .min

    /// Sends the questions of one batch; set by whoever makes the link.
    var fetch: ([SessionKey]) -> Void = { _ in }
    /// Sends the question about one large value; likewise.
    var fetchWhole: (SessionKey, @escaping (StoredValue) -> Void) -> Void = { _, _ in }
    /// Deletes keys, and tells which there were; likewise.
    var delete: ([SessionKey], @escaping (Result<[Bool], RevocationFailure>) -> Void) -> Void = { _, _ in }
    /// Asks to be told until when everything was heard; likewise.
    var listen: () -> Void = {}
    /// Scans all keys once more; likewise.
    var rescan: () -> Void = {}
    /// Goes on with a scan that waits for room; likewise.
    var continueScan: () -> Void = {}
    /// Hears that a scan has begun; likewise.
    var scanBegan: () -> Void = {}

    /// How many keys one question asks for at most.
    private static var batchCountMax: Int { 500 }
    /// How far ahead the alarm is set at most, in milliseconds: a day.
    private static var alarmMilliseconds: Int64 { 86_400_000 }
    /// How often keys that are no sessions are warned of at most, in milliseconds.
    private static var foreignKeyWarningInterval: Int64 { 60_000 }
    /// How long a resurrected session is tried to be ended, in milliseconds, and the pause between two attempts.
    private static var resurrectionMilliseconds: Int64 { 10 * 60 * 1000 }
    private static var resurrectionPause: TimeAmount { .seconds(1) }
    /// How long to wait for the journal to have room, and between two portions of its backlog.
    private static var backlogPause: TimeAmount { .milliseconds(5) }

    /// - Parameter reached: hears of milestones, on the loop.
    init(
        machine: consuming DirectoryStateMachine, keyCount: Int, loop: any EventLoop, journal: EventJournal,
        logger: Logger,
        reached: @escaping (Milestone) -> Void
    ) {
        self.machine = machine
        self.keyCount = keyCount
        self.loop = loop.assumeIsolated()
        self.journal = journal
        self.logger = logger
        self.reached = reached
    }

    var figures: DirectoryFigures { machine.figures }
    /// How far catching up with Redis has come; nil where there is nothing to catch up with.
    var progress: LinkPhase.Progress? { machine.progress(at: SystemClock.now()) }
    /// How many events the journal is still owed, about.
    var backlog: Int { machine.backlog }

    // MARK: The journal

    /// The journal is open, and takes events from the next one on.
    ///
    /// - Parameter open: has it take them.
    func journalOpened(_ opening: JournalOpening, open: () -> Void) {
        carryOut()
        open()
        machine.journalOpened(opening, at: SystemClock.now(), &effects)
        scheduleTurn()
    }

    /// The daemon ends.
    func end() {
        machine.end(&effects)
        carryOut()
    }

    func journalInterrupted(since wall: Int64) {
        machine.journalInterrupted(since: wall, &effects)
        scheduleTurn()
    }

    func journalResumed(since wall: Int64) {
        machine.journalResumed(since: wall, at: SystemClock.now(), &effects)
        scheduleTurn()
    }

    /// Erases what the journal holds of a user.
    func forget(
        _ userID: UserID, byUID uid: UInt32,
        completion: @escaping @Sendable (Result<Forgotten, ForgetError>) -> Void
    ) {
        if let interruption = journal.interruption { return completion(.failure(.unavailable(interruption.cause))) }
        carryOut()
        switch machine.forget(userID, byUID: uid, at: SystemClock.now(), &effects) {
        case .failure(let error): completion(.failure(error))
        case .success(let id):
            let events = effects.events
            effects.events = []
            journal.append(events) { count in
                completion(
                    count.map { .success(Forgotten(id: id, eventCount: $0)) }
                        ?? .failure(.unavailable("the journal cannot be written")))
            }
        }
    }

    /// Writes the backlog a portion at a time, as long as the journal keeps up.
    private func writeBacklog() {
        guard !isBacklogScheduled, machine.hasBacklogDue else { return }
        isBacklogScheduled = true
        loop.scheduleTask(in: Self.backlogPause) { [self] in
            isBacklogScheduled = false
            if journal.hasRoom { machine.writeBacklog(at: SystemClock.now(), &effects) }
            turnEnded()
        }
    }

    // MARK: Lookups

    func ask(
        _ key: SessionKey, wanting wants: LookupWants, completion: @escaping @Sendable (SessionAnswer) -> Void
    ) {
        ticketCount += 1
        let ticket = LookupTicket(number: ticketCount, wants: wants)
        waiting[ticket] = completion
        machine.lookup(key, ticket, at: SystemClock.now(), &effects)
        scheduleTurn()
    }

    // MARK: Keys

    /// Stored values are decoded by other settings from now on.
    func decodingChanged(to new: DecoderSettings, from old: DecoderSettings) {
        keyCount = new.keyCount
        machine.keysChanged(to: new.decoder, indices: new.indices(of: old), at: SystemClock.now(), &effects)
        scheduleTurn()
    }

    // MARK: Revoking

    /// Ends sessions at somebody's wish.
    func revoke(_ order: RevocationOrder, completion: @escaping @Sendable (Result<Int, RevocationFailure>) -> Void) {
        let proceed = { [self] (keys: Result<[SessionKey], RevocationFailure>) in
            switch keys {
            case .failure(let failure): completion(.failure(failure))
            case .success(let keys) where order.isDryRun: completion(.success(machine.count(of: keys)))
            case .success(let keys): endSessions(keys[...], byUID: order.byUID, endedCount: 0, completion)
            }
        }
        switch machine.revocable(order.target, at: SystemClock.now()) {
        case .keys(let keys): proceed(.success(keys))
        case .unknown(let failure): proceed(.failure(failure))
        case .later(let number):
            waitingRevocations[number] = proceed
            // So that it is heard at once what was announced until now. Milliseconds count, so not within this one.
            loop.scheduleTask(in: .milliseconds(1)) { [self] in listen() }
        }
    }

    /// Deletes a portion of keys after the other.
    ///
    /// - Parameter isTriedAgain: whoever calls tries again where Redis does not answer: until then the sessions count as ended.
    private func endSessions(
        _ keys: ArraySlice<SessionKey>, byUID uid: UInt32, endedCount: Int, isTriedAgain: Bool = false,
        _ completion: @escaping (Result<Int, RevocationFailure>) -> Void
    ) {
        let (portion, rest) = (Array(keys.prefix(Self.batchCountMax)), keys.dropFirst(Self.batchCountMax))
        guard !portion.isEmpty else { return completion(.success(endedCount)) }
        machine.revoking(portion, byUID: uid, at: SystemClock.now())
        delete(portion) { [self] result in
            let now = SystemClock.now()
            switch result {
            case .failure(let failure):
                if !isTriedAgain { machine.revocationUnanswered(portion) }
                completion(.failure(failure))
            case .success(let found):
                for (key, wasThere) in zip(portion, found) {
                    machine.revoked(key, wasThere: wasThere, byUID: uid, at: now)
                }
                let count = endedCount + found.count { $0 }
                endSessions(rest, byUID: uid, endedCount: count, isTriedAgain: isTriedAgain, completion)
            }
            scheduleTurn()
        }
    }

    /// Ends a session that was revoked and written again, for as long as it takes. Meanwhile it is nobody's.
    private func endResurrected(_ key: SessionKey, byUID uid: UInt32, until uptime: Int64) {
        endSessions([key], byUID: uid, endedCount: 0, isTriedAgain: true) { [self] result in
            guard case .failure(let failure) = result else { return }
            guard SystemClock.uptime < uptime else { return machine.revocationUnanswered([key]) }
            logger.warning(
                "a revoked session was written again and could not be ended yet, which is tried again: \(failure.cause)",
                metadata: ["session": "\(Fingerprint(of: key))"])
            loop.scheduleTask(in: Self.resurrectionPause) { [self] in
                if machine.count(of: [key]) > 0 { endResurrected(key, byUID: uid, until: uptime) }
            }
        }
    }

    func list(_ query: SessionListQuery) -> SessionListPage {
        machine.list(query)
    }

    // MARK: The link

    func subscriptionEstablished(_ hearing: Hearing) {
        machine.subscriptionEstablished(hearing, at: SystemClock.now(), &effects)
    }

    func trackingChanged(isOn: Bool) {
        machine.trackingChanged(isOn: isOn, at: SystemClock.now(), &effects)
    }

    func subscriptionLost(cause: String) {
        machine.subscriptionLost(cause: cause, at: SystemClock.now(), &effects)
    }

    func keyspaceEvent(_ event: KeyspaceEvent, named name: [UInt8], of key: SessionKey) {
        machine.keyspaceEvent(event, named: name, of: key, at: SystemClock.now(), &effects)
    }

    func keyInvalidated(_ key: SessionKey) {
        machine.keyInvalidated(key, at: SystemClock.now(), &effects)
    }

    func everythingInvalidated() {
        machine.everythingInvalidated(at: SystemClock.now(), &effects)
    }

    func foreignKeySeen() {
        machine.foreignKeySeen()
        let now = SystemClock.now().uptime
        guard lastForeignKeyWarning == .min || now - lastForeignKeyWarning > Self.foreignKeyWarningInterval else {
            return
        }
        lastForeignKeyWarning = now
        logger.warning(
            "a key under the pattern is longer than \(SessionKey.byteCountMax) bytes or no UTF-8: it is no session and is ignored"
        )
    }

    func heard(until uptime: Int64) {
        machine.heard(until: uptime, at: SystemClock.now(), &effects)
    }

    func askingEstablished() {
        machine.askingEstablished(at: SystemClock.now(), &effects)
    }

    func askingLost(cause: String) {
        machine.askingLost(cause: cause, at: SystemClock.now(), &effects)
    }

    var takesKeys: Bool { machine.hasRoomForKeys }

    func scanStarted() {
        machine.scanStarted()
        scanBegan()
    }

    func scanAdvanced(toShare share: Double?) {
        machine.scanAdvanced(toShare: share)
    }

    func scanned(_ keys: [SessionKey]) {
        machine.scanned(keys, at: SystemClock.now())
    }

    func scanEnded() {
        machine.scanEnded(at: SystemClock.now(), &effects)
    }

    func comparisonStarted() {
        machine.comparisonStarted()
    }

    func comparisonFound(_ keys: [SessionKey]) {
        machine.comparisonFound(keys)
    }

    func comparisonEnded() {
        machine.comparisonEnded()
    }

    func fetched(_ values: [(SessionKey, StoredValue)]) {
        let now = SystemClock.now()
        for (key, value) in values { machine.fetchCompleted(key, value, at: now, &effects) }
        // Whoever waited does not wait for the other replies of this read.
        carryOut()
    }

    func turnEnded() {
        carryOut()
        askRedis()
        askWhole()
        if machine.hasRoomForKeys { continueScan() }
        writeBacklog()
        setAlarm()
    }

    /// Sends the questions that are due. While the journal has no room, only those that somebody waits for: what a long
    /// catching up finds comes no faster than it can be written.
    private func askRedis() {
        while machine.hasFetches {
            let hasRoom = journal.hasRoom || journal.interruption != nil
            let keys = machine.takeFetches(limit: Self.batchCountMax, onlyLookups: !hasRoom)
            guard !keys.isEmpty else {
                if !hasRoom { askLater() }
                return
            }
            fetch(keys)
        }
    }

    /// Asks for large values, and has them decoded on another thread: nobody else waits for that.
    private func askWhole() {
        let hasRoom = journal.hasRoom || journal.interruption != nil
        while let fetch = machine.takeWhole(onlyLookups: !hasRoom) {
            fetchWhole(fetch.key) { [self] value in decode(value, of: fetch) }
        }
    }

    private func decode(_ value: StoredValue, of fetch: WholeFetch) {
        let driver = NIOLoopBound(self, eventLoop: loop.nonisolated())
        NIOThreadPool.singleton.submit { state in
            guard case .active = state else { return }
            let read = fetch.read(value)
            driver.eventLoop.execute { driver.value.decoded(read, of: fetch) }
        }
    }

    private func decoded(_ value: ReadValue, of fetch: WholeFetch) {
        machine.wholeFetched(fetch, value, at: SystemClock.now(), &effects)
        turnEnded()
    }

    private func askLater() {
        guard !isAskingScheduled else { return }
        isAskingScheduled = true
        loop.scheduleTask(in: Self.backlogPause) { [self] in
            isAskingScheduled = false
            turnEnded()
        }
    }

    // MARK: Effects

    /// Ends the turn after everything that the loop has to do at once, so that many lookups share a question.
    private func scheduleTurn() {
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        loop.execute { [self] in
            isTurnScheduled = false
            turnEnded()
        }
    }

    private func carryOut() {
        guard !effects.isEmpty else { return }
        journal.append(effects.events)
        for (ticket, answer) in effects.answers { waiting.removeValue(forKey: ticket)?(answer) }
        for milestone in effects.milestones { reached(milestone) }
        let (wantsScan, deletions, revocables) = (effects.wantsScan, effects.deletions, effects.revocables)
        effects.removeAll()
        for (number, keys) in revocables { waitingRevocations.removeValue(forKey: number)?(keys) }
        if wantsScan { rescan() }
        let deadline = SystemClock.uptime + Self.resurrectionMilliseconds
        for (key, uid) in deletions { endResurrected(key, byUID: uid, until: deadline) }
    }

    private func setAlarm() {
        // A deadline can lie beyond all calendars; the alarm looks again sooner.
        let latest = SystemClock.now().uptime + Self.alarmMilliseconds
        guard let deadline = machine.nextDeadline.map({ min($0, latest) }), deadline < alarm?.at ?? .max else { return }
        alarm?.task.cancel()
        let task = loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(deadline, 0)) * 1_000_000)) { [self] in
            alarm = nil
            machine.timePassed(at: SystemClock.now(), &effects)
            turnEnded()
        }
        alarm = (deadline, task)
    }
}
