import DjangoSession
import SessionModel
import TestSupport

@testable import SessionDirectory

/// The real machine between a model of Redis, Django's writers, people who ask, and a network that delays.
///
/// ```
///   writers ──▶ ModelRedis ──notifications, pongs──▶ subscribing pipe ──▶ machine
///                    ▲  └────────replies──────────▶ asking pipe ───────▶    │
///                    └───────────questions──────────────────────────────────┘
///                                                       ModelJournal ◀──events┘
/// ```
/// Redis crashes, with its data and without, and so does the daemon, which then goes on from what its journal holds.
/// Each pipe keeps its order; which one moves next is drawn. Everything follows from the seed.
struct Simulation: ~Copyable {
    private enum Downstream {
        case notification(ModelRedis.Notification)
        case invalidation(SessionKey)
        case flush
        case pong(Ping)
    }

    private struct Ping {
        var sentAt: Int64
        /// When the newest one was sent that had been answered before.
        var previous: Int64?
    }

    private enum Question {
        case fetch([SessionKey], askedAt: Int64)
        case whole(WholeFetch, askedAt: Int64)
        case scan(after: SessionKey?)
        case comparison(after: SessionKey?)
        case delete([SessionKey], byUID: UInt32)
    }

    private enum Reply {
        case values([(SessionKey, StoredValue)])
        case whole(WholeFetch, StoredValue)
        case page([SessionKey])
        case comparison([SessionKey])
        case deleted([(key: SessionKey, wasThere: Bool)], byUID: UInt32)
    }

    /// What tells of changes; drawn for each simulation.
    private enum Source: CaseIterable {
        case keyspace, keyspaceAndTracking, tracking
    }

    /// One write of a longer sequence that others may come between.
    private enum Write {
        case set(SessionKey, SessionState, milliseconds: Int64?)
        case expire(SessionKey, milliseconds: Int64)
        case delete(SessionKey)
    }

    private struct SessionState {
        var user: Int?
        var passwordHash = "h0"
        var extra = 0
        var isCorrupt = false
        /// Which of the signers writes it.
        var key = 0
        var isLegacy = false
    }

    private static let day: Int64 = 86_400_000
    private static let signers = ["simulated", "simulated before"].map { DjangoSigner(secretKey: $0) }

    private let source: Source
    private let freshness: Freshness
    private var random: SeededGenerator
    private var now = Moment(uptime: 1_000_000, wall: 1_700_000_000_000)
    private var redis = ModelRedis()
    private var states: [SessionKey: SessionState] = [:]
    private var scripts: [[Write]] = []
    private var keyCount = 0

    private let limits: DirectoryLimits
    /// Whether some values count as large.
    private let hasLargeValues: Bool
    private var journal = ModelJournal()
    private var machine: DirectoryStateMachine
    private var effects = DirectoryEffects()
    private var isSubscribed = false
    /// The subscribing connection still stands, though tracking has ended with the asking one.
    private var isLinked = false
    private var isAsking = false
    private var isScanning = false
    /// The last key of the scan's last page, while the next one waits for the machine to take it.
    private var scanned: SessionKey?
    private var isComparing = false
    private var pings: [Ping] = []
    private var answeredPing: Int64?
    private var subscribing: [Downstream] = []
    private var questions: [Question] = []
    private var replies: [Reply] = []
    /// Large values that are decoded elsewhere; which one is done first is drawn.
    private var decoded: [(WholeFetch, ReadValue)] = []
    private var waiting: [LookupTicket: (key: SessionKey, askedAt: Int64)] = [:]
    private var ticketCount: UInt64 = 0

    private(set) var witness = Witness()
    /// How often somebody was answered, for the test to see that the simulation does something.
    private(set) var answerCount = 0
    private(set) var eventCount = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        source = Source.allCases.randomElement(using: &random) ?? .keyspace
        freshness = Freshness(stalenessMax: Bool.random(using: &random) ? 1000 : 100)
        limits =
            Bool.random(using: &random)
            ? DirectoryLimits()
            : DirectoryLimits(
                dataBytesMax: 300, waitingLookupsMax: 4, waitingMillisecondsMax: 150, fetchesUnderWayMax: 6,
                lookupFetchesUnderWayMax: 2,
                queuedFetchesMax: 8)
        hasLargeValues = Bool.random(using: &random)
        machine = Self.machine(freshness, limits)
        machine.journalOpened(JournalOpening(run: 1), at: now, &effects)
    }

    private static func machine(_ freshness: Freshness, _ limits: DirectoryLimits) -> DirectoryStateMachine {
        let keys = SecretKey.lines(of: Array("simulated\nsimulated before".utf8))
        return DirectoryStateMachine(
            table: SessionTable(), decoder: SessionDecoder(verification: .keys(keys)), freshness: freshness,
            limits: limits
        )
    }

    /// Runs a number of random steps, then lets everything come to rest and compares.
    mutating func run(steps: Int) {
        for _ in 0..<steps { step() }
        rest()
    }

    // MARK: Steps

    private mutating func step() {
        endTurn()
        now.uptime += Int64.random(in: 0...15, using: &random)
        now.wall += Int64.random(in: 0...15, using: &random)
        if chance(0.02) { advance(by: Int64.random(in: 100...2000, using: &random)) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<8: begin()
        case 8..<30: write()
        case 30..<50: deliverSubscribing()
        case 50..<62: answerQuestion()
        case 62..<74: deliverReply()
        case 74..<86: lookUp()
        case 86..<92: ping()
        case 92..<94: sweep()
        case 94: cutSubscription()
        case 95: cutAsking()
        case 96 where chance(0.2): crashRedis()
        case 96 where chance(0.2): restart()
        case 97 where chance(0.7): flush()
        case 98 where chance(0.5): compareAll()
        case 98 where chance(0.3): journal.refuse()
        case 99 where chance(0.6): revoke()
        default: connect()
        }
        takePings()
        if let deadline = machine.nextDeadline, deadline <= now.uptime { machine.timePassed(at: now, &effects) }
        carryOut()
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    private mutating func advance(by milliseconds: Int64) {
        now.uptime += milliseconds
        now.wall += milliseconds
    }

    // MARK: Django's writers

    private mutating func begin() {
        guard scripts.count < 8 else { return }
        let fresh = newKey()
        let user = Int.random(in: 1...3, using: &random)
        guard
            let old = states.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) })
                .randomElement(using: &random), let state = states[old], chance(0.7)
        else {
            // A login without a session before, or a first page of somebody anonymous.
            let last: SessionState = chance(0.8) ? SessionState(user: user) : SessionState(extra: 1)
            scripts.append([set(fresh, SessionState()), set(fresh, last)])
            return
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0 where state.user == nil:
            scripts.append([set(fresh, state), .delete(old), set(fresh, SessionState(user: user, extra: state.extra))])
        case 1 where state.user != nil:
            var changed = state
            changed.passwordHash = "h\(Int.random(in: 1...9, using: &random))"
            scripts.append([set(fresh, state), .delete(old), set(fresh, changed)])
        case 2: scripts.append([.delete(old)])
        case 3: scripts.append([.delete(old), set(fresh, SessionState(user: user))])
        case 4: scripts.append([set(old, SessionState(user: state.user, extra: state.extra + 1))])
        case 5: scripts.append([.delete(old), set(old, state)])
        case 6: scripts.append([.set(old, state, milliseconds: nil), .expire(old, milliseconds: Self.day)])
        case 7: scripts.append([.expire(old, milliseconds: Int64.random(in: 1...3000, using: &random))])
        case 8: scripts.append([set(old, SessionState(user: user))])
        default: scripts.append([set(old, SessionState(user: state.user, isCorrupt: chance(0.5)))])
        }
    }

    private func set(_ key: SessionKey, _ state: SessionState) -> Write {
        .set(key, state, milliseconds: Self.day)
    }

    private mutating func newKey() -> SessionKey {
        keyCount += 1
        // Two of three are as Django makes them.
        let padding = keyCount % 3 == 0 ? "session-" : String(repeating: "k", count: 32 - String(keyCount).count)
        guard let key = SessionKey(padding + String(keyCount)) else {
            preconditionFailure("a key of the simulation's own")
        }
        return key
    }

    private mutating func write() {
        guard let index = scripts.indices.randomElement(using: &random), let next = scripts[index].first else { return }
        scripts[index].removeFirst()
        if scripts[index].isEmpty { scripts.remove(at: index) }
        switch next {
        case .set(let key, let state, let milliseconds):
            var state = state
            // Not all of a site's processes are restarted at once when its settings change.
            state.key = chance(0.2) ? 1 : 0
            state.isLegacy = chance(0.2)
            states[key] = state
            redis.set(key, Self.value(of: state), milliseconds: milliseconds, at: now.uptime)
            witness.wrote(key, at: now.uptime)
            witness.setExpiry(of: key, to: milliseconds.map { now.uptime + $0 }, at: now.uptime)
        case .expire(let key, let milliseconds):
            redis.expire(key, milliseconds: milliseconds, at: now.uptime)
            if redis.items[key] != nil { witness.setExpiry(of: key, to: now.uptime + milliseconds, at: now.uptime) }
        case .delete(let key): _ = redis.delete(key, at: now.uptime)
        }
        announce()
    }

    /// Redis's own sweep for dead keys.
    private mutating func sweep() {
        for key in redis.items.keys where chance(0.5) { redis.expireIfDead(key, at: now.uptime) }
        announce()
    }

    private static func value(of state: SessionState) -> [UInt8] {
        if state.isCorrupt { return Array("garbage".utf8) }
        var members = state.extra == 0 ? [] : [#""extra":\#(state.extra)"#]
        if let user = state.user {
            members =
                [
                    #""_auth_user_id":"\#(user)""#, #""_auth_user_backend":"b""#,
                    #""_auth_user_hash":"\#(state.passwordHash)""#,
                ] + members
        }
        let payload = "{\(members.joined(separator: ","))}"
        let signer = signers[state.key]
        if state.isLegacy { return signer.legacy(payload) }
        return signer.signing(payload, signedAt: 1_700_000_000 - 3600 * Int64(state.extra), compression: .never)
    }

    /// Tells the subscriber, if there is one, what has happened in Redis, and the witness what is true now.
    private mutating func announce() {
        if isSubscribed, source != .tracking { subscribing += redis.announced.map { .notification($0) } }
        redis.announced = []
        for key in states.keys { witness.observe(key, user: user(of: key), at: now.uptime) }
    }

    /// FLUSHALL, or a flush of another database, which tracking cannot tell from it.
    private mutating func flush() {
        let isOurs = chance(0.5)
        if isOurs { redis.flush() }
        if isSubscribed, tellsOfFlushes { subscribing.append(.flush) }
        if isOurs, source == .keyspace { witness.isPatient = true }
        announce()
        guard isOurs else { return }
        // Requests in flight write some of them again, just as they were.
        for (key, state) in states.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) })
        where chance(0.3) {
            redis.set(key, Self.value(of: state), milliseconds: Self.day, at: now.uptime)
            witness.setExpiry(of: key, to: now.uptime + Self.day, at: now.uptime)
        }
        announce()
    }

    private var tellsOfFlushes: Bool { source == .tracking || source == .keyspaceAndTracking && isAsking }

    /// The end of a turn of Redis's loop.
    private mutating func endTurn() {
        if isSubscribed, source == .tracking {
            let keys = redis.invalidated.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
            subscribing += keys.map { .invalidation($0) }
        }
        redis.invalidated = []
    }

    /// Whose session it is, counting what is dead but not yet removed as gone.
    private func user(of key: SessionKey) -> UserID? {
        guard let item = redis.items[key], item.expiresAt ?? .max > now.uptime, let state = states[key],
            !state.isCorrupt
        else { return nil }
        return state.user.map { UserID(String($0)) }
    }

    // MARK: The network

    private mutating func deliverSubscribing() {
        for _ in 0..<Int.random(in: 1...4, using: &random) where !subscribing.isEmpty {
            switch subscribing.removeFirst() {
            case .notification(let notification):
                let name = Array(notification.name.utf8)
                machine.keyspaceEvent(KeyspaceEvent(name), named: name, of: notification.key, at: now, &effects)
            case .invalidation(let key): machine.keyInvalidated(key, at: now, &effects)
            case .flush: machine.everythingInvalidated(at: now, &effects)
            case .pong(let ping):
                answeredPing = ping.sentAt
                if let until = source == .tracking ? ping.previous : ping.sentAt {
                    machine.heard(until: until, at: now, &effects)
                }
            }
        }
    }

    private mutating func ping() {
        if isSubscribed || isLinked { pings.append(Ping(sentAt: now.uptime, previous: answeredPing)) }
    }

    /// Redis sees the PINGs and puts the answers behind what it has announced.
    private mutating func takePings() {
        guard !pings.isEmpty, chance(0.6) else { return }
        subscribing += pings.map { .pong($0) }
        pings = []
    }

    private mutating func answerQuestion() {
        guard !questions.isEmpty else { return }
        switch questions.removeFirst() {
        case .fetch(let keys, let askedAt):
            let values = keys.map { ($0, read($0, askedAt: askedAt)) }
            announce()
            replies.append(.values(values.map { ($0, isLarge($1) ? cut($1) : $1) }))
        case .whole(let fetch, let askedAt):
            let value = read(fetch.key, askedAt: askedAt)
            announce()
            replies.append(.whole(fetch, value))
        case .scan(let cursor): replies.append(.page(redis.scan(after: cursor, count: 3)))
        case .comparison(let cursor): replies.append(.comparison(redis.scan(after: cursor, count: 3)))
        case .delete(let keys, let uid):
            replies.append(.deleted(keys.map { ($0, redis.delete($0, at: now.uptime)) }, byUID: uid))
            announce()
        }
    }

    private mutating func read(_ key: SessionKey, askedAt: Int64) -> StoredValue {
        let (value, milliseconds) = redis.read(key, at: now.uptime)
        let content: StoredValue.Content = value.map { .string($0) } ?? .absent
        let expiry: StoredValue.Expiry = milliseconds.map { .after(milliseconds: $0) } ?? .never
        return StoredValue(content: content, expiry: expiry, askedAt: askedAt)
    }

    /// A length stands for large values.
    private func isLarge(_ value: StoredValue) -> Bool {
        guard hasLargeValues, case .string(let bytes) = value.content else { return false }
        return bytes.count % 3 == 0
    }

    private func cut(_ value: StoredValue) -> StoredValue {
        guard case .string(let bytes) = value.content else { return value }
        return StoredValue(content: .long(Array(bytes.prefix(8))), expiry: value.expiry, askedAt: value.askedAt)
    }

    private mutating func deliverReply() {
        if let index = decoded.indices.randomElement(using: &random), chance(0.5) {
            let (fetch, value) = decoded.remove(at: index)
            machine.wholeFetched(fetch, value, at: now, &effects)
        }
        guard !replies.isEmpty else { return }
        switch replies.removeFirst() {
        case .values(let values):
            for (key, value) in values { machine.fetchCompleted(key, value, at: now, &effects) }
        case .whole(let fetch, let value): decoded.append((fetch, fetch.read(value)))
        case .page(let keys):
            guard isScanning else { return }
            machine.scanned(keys, at: now)
            if keys.count < 3 {
                isScanning = false
                machine.scanEnded(at: now, &effects)
            } else {
                sendQuestions()
                scanned = keys.last
                continueScan()
            }
        case .comparison(let keys):
            guard isComparing, !isScanning else {
                isComparing = false
                return
            }
            machine.comparisonFound(keys)
            if keys.count < 3 {
                isComparing = false
                machine.comparisonEnded()
            } else {
                questions.append(.comparison(after: keys.last))
            }
        case .deleted(let keys, let uid):
            for (key, wasThere) in keys { machine.revoked(key, wasThere: wasThere, byUID: uid, at: now) }
        }
    }

    /// Somebody wants a session ended, or all of a user's.
    private mutating func revoke() {
        let keys = states.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        guard let key = keys.randomElement(using: &random) else { return }
        let target: RevocationTarget =
            switch Int.random(in: 0..<3, using: &random) {
            case 0: .key(key)
            case 1: .session(Fingerprint(of: key))
            default: .user(UserID(String(Int.random(in: 1...3, using: &random))), except: Fingerprint(of: key))
            }
        if case .keys(let found) = machine.revocable(target, at: now) { revoke(found) }
    }

    private mutating func revoke(_ found: [SessionKey]) {
        machine.revoking(found, byUID: 7, at: now)
        if !found.isEmpty { questions.append(.delete(found, byUID: 7)) }
    }

    /// The slow scan that compares memory with Redis.
    private mutating func compareAll() {
        guard isSubscribed, isAsking, !isScanning, !isComparing else { return }
        isComparing = true
        machine.comparisonStarted()
        questions.append(.comparison(after: nil))
    }

    private mutating func connect() {
        if !isAsking, chance(0.5) {
            isAsking = true
            machine.askingEstablished(at: now, &effects)
            if source == .keyspaceAndTracking, isSubscribed { machine.trackingChanged(isOn: true, at: now, &effects) }
            if isScanning { startScan() }
        } else if !isSubscribed, isAsking || source != .tracking {
            isSubscribed = true
            // What was announced before is not for this subscriber.
            redis.invalidated = []
            subscribing = []
            witness.isPatient = false
            let hearing =
                source == .tracking
                ? Hearing(.unused, isTracking: true) : Hearing(.verified, isTracking: isAsking && source != .keyspace)
            machine.subscriptionEstablished(hearing, at: now, &effects)
            isScanning = true
            if isAsking { startScan() }
        }
    }

    private mutating func startScan() {
        // The pages of a scan that was given up mean nothing to this one.
        questions.removeAll { if case .scan = $0 { true } else { false } }
        replies.removeAll { if case .page = $0 { true } else { false } }
        scanned = nil
        machine.scanStarted()
        questions.append(.scan(after: nil))
    }

    private mutating func continueScan() {
        guard isScanning, isAsking, let last = scanned, machine.hasRoomForKeys else { return }
        scanned = nil
        questions.append(.scan(after: last))
    }

    private mutating func cutSubscription() {
        guard isSubscribed, chance(0.3) else { return }
        // The answers to a scan of the old subscription mean nothing to the next one.
        questions.removeAll { if case .scan = $0 { true } else { false } }
        replies.removeAll { if case .page = $0 { true } else { false } }
        loseSubscription(cause: "cut")
    }

    private mutating func cutAsking() {
        guard isAsking, chance(0.5) else { return }
        loseAsking(cause: "cut")
    }

    private mutating func loseAsking(cause: String) {
        isAsking = false
        isComparing = false
        scanned = nil
        for case .delete(let keys, _) in questions { machine.revocationUnanswered(keys) }
        for case .deleted(let keys, _) in replies { machine.revocationUnanswered(keys.map(\.key)) }
        questions = []
        replies = []
        machine.askingLost(cause: cause, at: now, &effects)
        // Tracking ends with the connection that turned it on.
        switch source {
        case .keyspace: break
        case .keyspaceAndTracking:
            if isSubscribed { machine.trackingChanged(isOn: false, at: now, &effects) }
        case .tracking:
            guard isSubscribed else { return }
            loseSubscription(cause: cause)
            isLinked = chance(0.8)
        }
    }

    private mutating func loseSubscription(cause: String) {
        isSubscribed = false
        isLinked = false
        isScanning = false
        scanned = nil
        subscribing = []
        pings = []
        answeredPing = nil
        machine.subscriptionLost(cause: cause, at: now, &effects)
    }

    /// The daemon dies, and another one begins with what the journal holds.
    private mutating func restart() {
        if isSubscribed { loseSubscription(cause: "death") }
        if isAsking { loseAsking(cause: "death") }
        takeEvents()
        _ = journal.write(Int.random(in: 0...journal.waiting.count, using: &random), at: now).map { witness.check($0) }
        journal.crash()
        effects.removeAll()
        waiting = [:]
        decoded = []
        witness.isPatient = false
        machine = Self.machine(freshness, limits)
        machine.journalOpened(journal.open(.stopped), at: now, &effects)
    }

    /// Redis dies and comes back, with its data or without.
    private mutating func crashRedis() {
        if isSubscribed { loseSubscription(cause: "crash") }
        if isAsking { loseAsking(cause: "crash") }
        redis.invalidated = []
        if chance(0.5) { redis.lose() }
        announce()
    }

    // MARK: The daemon's part

    private mutating func lookUp() {
        guard
            let key = states.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) })
                .randomElement(using: &random)
        else { return }
        let wants = LookupWants(confirmation: chance(0.1), data: chance(0.2) ? .standard : nil)
        if let answer = machine.table.answer(for: key, wanting: wants, now: now, freshness: freshness) {
            answerCount += 1
            note()
            witness.check(
                answer, for: key, askedAt: now.uptime, answeredAt: now.uptime, freshness: freshness
            )
            witness.checkFromMemory(answer, for: key, at: now.uptime, freshness: freshness)
            witness.check(answer, shows: wants)
            return
        }
        ticketCount += 1
        let ticket = LookupTicket(number: ticketCount, wants: wants)
        waiting[ticket] = (key, now.uptime)
        machine.lookup(key, ticket, at: now, &effects)
    }

    /// Lets the witness see what has expired meanwhile.
    private mutating func note() {
        for key in states.keys {
            witness.observe(key, user: user(of: key), at: now.uptime)
            if machine.presence.revocations.isUnderWay(key, at: now.uptime) { witness.revoking(key, at: now.uptime) }
        }
    }

    private mutating func carryOut() {
        note()
        for (ticket, answer) in effects.answers {
            guard let (key, askedAt) = waiting.removeValue(forKey: ticket) else {
                witness.fault("a lookup was answered twice")
                continue
            }
            answerCount += 1
            witness.check(answer, for: key, askedAt: askedAt, answeredAt: now.uptime, freshness: freshness)
            witness.check(answer, shows: ticket.wants)
        }
        machine.writeBacklog(limit: chance(0.3) ? 1 : 0, at: now, &effects)
        takeEvents()
        if chance(0.5) { writeJournal(.max) }
        for case .live in effects.milestones where machine.figures.condition == .live {
            let epoch = EpochTag(machine.figures.epoch)
            let unread = machine.table.keys { record, _ in record.epoch != epoch }
            if !unread.isEmpty { witness.fault("live again, and \(unread.count) sessions were not read since") }
        }
        for case (_, .success(let found)) in effects.revocables { revoke(found) }
        for (key, uid) in effects.deletions {
            if isAsking {
                questions.append(.delete([key], byUID: uid))
            } else {
                machine.revocationUnanswered([key])
            }
        }
        if effects.wantsScan {
            witness.isPatient = false
            isScanning = true
            if isAsking { startScan() }
        }
        effects.removeAll()
        sendQuestions()
        for fault in machine.miscounts { witness.fault(fault) }
    }

    private mutating func takeEvents() {
        journal.append(effects.events)
        eventCount += effects.events.count
        effects.events = []
    }

    /// The journal writes, and is opened again once nothing waits there.
    private mutating func writeJournal(_ count: Int) {
        for event in journal.write(count, at: now) { witness.check(event) }
        guard !journal.isOpen, journal.waiting.isEmpty else { return }
        machine.journalOpened(journal.open(.interrupted), at: now, &effects)
        takeEvents()
    }

    /// Writes all that is still owed to the journal.
    private mutating func writeBacklog() {
        var portions = 0
        while machine.hasBacklogDue, portions < 100 {
            machine.writeBacklog(at: now, &effects)
            portions += 1
        }
        if machine.hasBacklogDue { witness.fault("the backlog of the journal does not end") }
    }

    private mutating func sendQuestions() {
        while machine.hasFetches {
            questions.append(.fetch(machine.takeFetches(limit: 4), askedAt: now.uptime))
        }
        while let fetch = machine.takeWhole() { questions.append(.whole(fetch, askedAt: now.uptime)) }
        continueScan()
    }

    // MARK: Rest

    /// Finishes what was begun, mends the links, and waits until nothing moves any more.
    private mutating func rest() {
        while !scripts.isEmpty { write() }
        for _ in 0..<400 {
            endTurn()
            advance(by: 25)
            connect()
            sweep()
            ping()
            takePings()
            deliverSubscribing()
            answerQuestion()
            deliverReply()
            if let deadline = machine.nextDeadline, deadline <= now.uptime { machine.timePassed(at: now, &effects) }
            carryOut()
        }
        while !subscribing.isEmpty { deliverSubscribing() }
        carryOut()
        writeBacklog()
        takeEvents()
        writeJournal(.max)
        writeBacklog()
        takeEvents()
        writeJournal(.max)
        compare()
    }

    private mutating func compare() {
        var truth: [SessionKey: UserID] = [:]
        for key in states.keys { truth[key] = user(of: key) }
        witness.checkQuiet(truth)
        if !waiting.isEmpty { witness.fault("\(waiting.count) lookups were never answered") }
        let listed = machine.list(SessionListQuery(userID: nil, limit: 1000, after: nil)).sessions
        let expected = Set(truth.map { "\(Fingerprint(of: $0.key)) \($0.value)" })
        if Set(listed.map { "\($0.session) \($0.userID)" }) != expected || listed.count != expected.count {
            witness.fault("the list has \(listed.count) sessions, Redis \(expected.count)")
        }
        for (key, user) in truth {
            guard let entry = machine.table.entry(of: key), entry.standing.login?.userID == user, !entry.isTouched
            else {
                witness.fault("the table does not hold \(key)")
                continue
            }
        }
        let figures = machine.figures
        if figures.dataBytes < 0 { witness.fault("session data is counted as \(figures.dataBytes) bytes") }
        if figures.condition != .live { witness.fault("the link is \(figures.condition.rawValue)") }
        if figures.sessions.authenticated != truth.count {
            witness.fault("\(figures.sessions.authenticated) sessions are counted, Redis holds \(truth.count)")
        }
    }
}
