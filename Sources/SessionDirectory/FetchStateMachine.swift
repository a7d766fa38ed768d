import DequeModule
package import SessionModel

/// Which keys are to be read from Redis, and when a reply may be believed.
///
/// The reply to a GET and the notification of a later write travel on two connections, so a reply can be overtaken:
/// ```
///   idle ──request──▶ queued ──taken──▶ sent ──reply──▶ idle            the reply is believed
///                        ▲               │ touched or removed
///                        └────reply── overtaken                         it is not, and the key is read again
/// ```
/// A reply may show that the value is large: it is set aside then, and read once more by a question of its own (``WholeFetch``).
///
/// There is at most one fetch of a key at a time. A lookup that comes before the question is sent joins it; a later
/// one waits for the next question, unless the reply is positive.
///
/// Keys that only lookups want, which anybody can invent, have a queue of their own, of which few are under way at a time: so they
/// take a bounded share of Redis, and a bounded number of them waits. They are asked for in questions of their own, so that
/// somebody who waits does not wait for the many keys that a busy site announces.
struct FetchStateMachine {
    /// After so many overtaken replies in a row those who wait are answered from the last one: it is the truth of a
    /// moment after they asked, and a key that is written without pause must not keep them forever.
    static let overtakenRoundsMax = 3
    /// How many places in the queue may be of no use.
    private static let passedOverCountMax = 1000

    private let limits: DirectoryLimits
    private var fetches: [SessionKey: Fetch] = [:]
    /// Keys with a reason of the directory's own.
    private var queue: Deque<SessionKey> = []
    /// Keys that lookups wait for. One that was sent meanwhile, or is gone, is passed over.
    private var lookupQueue: Deque<SessionKey> = []
    /// Keys of large values; those in the second one are waited for. One that is read already is passed over.
    private var asideQueue: Deque<SessionKey> = []
    private var asideLookupQueue: Deque<SessionKey> = []
    private var isLookupsTurn = false
    private var wholeNumber: UInt64 = 0
    private var sentWholeCount = 0
    private var sentCount = 0
    private var sentLookupCount = 0
    /// How many lookups wait.
    private(set) var waitingCount = 0
    private var startedCount: UInt64 = 0
    private(set) var fetchCount = 0
    private(set) var overtakenCount = 0
    /// Keys were passed over because too many waited: only reading everything anew brings them back.
    private(set) var isOverrun = false

    private struct Fetch {
        /// Counts the fetches.
        var number: UInt64
        var state = State.queuedForLookups
        var overtaken: Overtaken?
        /// Its question was sent before the epoch opened.
        var isFromEarlierEpoch = false
        var origins: FetchOrigins
        var rounds = 0
        var joined: [LookupTicket] = []
        var late: [LookupTicket] = []
        var waiting: [LookupTicket] { joined + late }
    }

    private enum State {
        case queuedForLookups, queued
        /// Its value is large: it waits to be read whole.
        case aside
        case sent(Lane)

        var isSent: Bool { if case .sent = self { true } else { false } }
    }

    /// By what kind of question a key is read.
    private enum Lane {
        case own, lookups
        /// The number tells it from other questions about the key.
        case whole(UInt64)
    }

    private enum Overtaken {
        case byWrite, byRemoval
    }

    init(limits: DirectoryLimits) {
        self.limits = limits
    }

    /// Whether keys wait to be asked for, and may be.
    var hasQueued: Bool {
        !queue.isEmpty && sentCount < limits.fetchesUnderWayMax
            || !lookupQueue.isEmpty && sentLookupCount < limits.lookupFetchesUnderWayMax
    }

    /// Wants the key read.
    ///
    /// - Parameter origin: why. A key that was notified is read again even if its question is under way.
    /// - Returns: Whether the key was not wanted for this reason yet, and is now.
    @discardableResult
    mutating func request(_ key: SessionKey, _ origin: FetchOrigins) -> Bool {
        guard queuedCount < limits.queuedFetchesMax || hasPlace(key) else {
            // What is only compared is not missed.
            if origin != .comparison { isOverrun = true }
            return false
        }
        var isNew = false
        enqueue(key) { fetch in
            if fetch.state.isSent, origin == .notified { fetch.overtaken = fetch.overtaken ?? .byWrite }
            isNew = !fetch.origins.contains(origin)
            fetch.origins.formUnion(origin)
        }
        return isNew
    }

    /// Whether another reason to read the key takes no further place.
    private func hasPlace(_ key: SessionKey) -> Bool {
        switch fetches[key]?.state {
        case .queued, .aside, .sent: true
        case .queuedForLookups, nil: false
        }
    }

    /// How many places the directory's own keys take.
    var queuedCount: Int { queue.count + asideQueue.count }

    /// Whether so few keys wait that more may be looked for.
    var hasRoom: Bool { queuedCount < limits.scannedAheadMax }

    /// The key is known to be gone: a reply that is under way says nothing any more.
    mutating func removed(_ key: SessionKey) {
        if fetches[key]?.state.isSent == true { fetches[key]?.overtaken = .byRemoval }
    }

    /// Somebody waits for a reply about this key.
    ///
    /// - Returns: False where too many wait already.
    mutating func join(_ key: SessionKey, _ ticket: LookupTicket) -> Bool {
        guard waitingCount < limits.waitingLookupsMax else { return false }
        waitingCount += 1
        wait(key, ticket)
        return true
    }

    /// Lookups with numbers up to this one wait no longer.
    mutating func giveUpWaiting(through number: UInt64) -> [(key: SessionKey, ticket: LookupTicket)] {
        var tickets: [(key: SessionKey, ticket: LookupTicket)] = []
        for (key, fetch) in fetches where fetch.waiting.contains(where: { $0.number <= number }) {
            tickets += fetch.waiting.filter { $0.number <= number }.map { (key, $0) }
        }
        for key in Set(tickets.map(\.key)) {
            fetches[key]?.joined.removeAll { $0.number <= number }
            fetches[key]?.late.removeAll { $0.number <= number }
            guard let fetch = fetches[key], fetch.waiting.isEmpty, !fetch.state.isSent else { continue }
            if fetch.origins.isEmpty {
                // A question that nobody wants answered any more is not sent.
                fetches[key] = nil
            } else if case .aside = fetch.state {
                asideQueue.append(key)
            }
        }
        waitingCount -= tickets.count
        keepWaitedFor(in: &lookupQueue)
        keepWaitedFor(in: &asideLookupQueue)
        return tickets.sorted { $0.ticket.number < $1.ticket.number }
    }

    /// Places of those who have given up would add up where no question is answered.
    private func keepWaitedFor(in queue: inout Deque<SessionKey>) {
        var seen: Set<SessionKey> = []
        queue = Deque(queue.filter { fetches[$0]?.joined.isEmpty == false && seen.insert($0).inserted })
    }

    /// Keys that lookups had read first leave places behind, which would add up where nobody but lookups may ask.
    private mutating func dropPassedOver() {
        guard queue.count > 2 * fetches.count + Self.passedOverCountMax else { return }
        var seen: Set<SessionKey> = []
        queue = Deque(
            queue.filter { key in
                guard case .queued = fetches[key]?.state else { return false }
                return seen.insert(key).inserted
            })
    }

    /// Whether a lookup of this key would cost a question that would not be asked without it. What the directory reads for reasons of its
    /// own does not count, nor what somebody waits for already.
    func wouldCostQuestion(_ key: SessionKey) -> Bool {
        guard let fetch = fetches[key] else { return true }
        return fetch.origins.isEmpty && fetch.state.isSent && fetch.late.isEmpty
    }

    private mutating func wait(_ key: SessionKey, _ ticket: LookupTicket) {
        enqueue(key) { fetch in
            if fetch.state.isSent { fetch.late.append(ticket) } else { fetch.joined.append(ticket) }
        }
        // It goes ahead of what nobody waits for; its place among those is passed over later.
        guard let fetch = fetches[key], fetch.joined.count == 1 else { return }
        switch fetch.state {
        case .queued: lookupQueue.append(key)
        case .aside: asideLookupQueue.append(key)
        case .queuedForLookups, .sent: break
        }
    }

    private mutating func enqueue(_ key: SessionKey, _ change: (inout Fetch) -> Void) {
        if fetches[key] == nil { startedCount += 1 }
        let isNew = fetches[key] == nil
        var fetch = fetches[key] ?? Fetch(number: startedCount, origins: [])
        change(&fetch)
        if case .queuedForLookups = fetch.state {
            if !fetch.origins.isEmpty {
                fetch.state = .queued
                queue.append(key)
            } else if isNew {
                lookupQueue.append(key)
            }
        }
        fetches[key] = fetch
    }

    /// The keys of which a change was announced that was not read yet.
    var notifiedKeys: Set<SessionKey> {
        Set(fetches.lazy.filter { !$0.value.origins.isDisjoint(with: [.notified, .notifiedEarlier]) }.map(\.key))
    }

    /// Whether nothing is asked about this key, and nothing is to be.
    func isIdle(_ key: SessionKey) -> Bool { fetches[key] == nil }

    /// Whether somebody who waits for this key wants the session's data.
    func wantsData(of key: SessionKey) -> Bool {
        guard let fetch = fetches[key] else { return false }
        return fetch.joined.contains { $0.wants.data != nil } || fetch.late.contains { $0.wants.data != nil }
    }

    /// Whether a reply that comes now would be believed.
    func isBelieved(_ key: SessionKey) -> Bool {
        guard let fetch = fetches[key] else { return false }
        return fetch.state.isSent && fetch.overtaken != .byRemoval
    }

    /// Whether the reply that is waited for answers a question of an earlier epoch.
    func isFromEarlierEpoch(_ key: SessionKey) -> Bool { fetches[key]?.isFromEarlierEpoch == true }

    /// The next keys to ask for with one question, at most `limit`; they count as sent. Empty where there are none.
    ///
    /// - Parameter onlyLookups: those that nobody waits for stay queued.
    mutating func takeBatch(limit: Int, onlyLookups: Bool) -> [SessionKey] {
        var batch = takeLookups(limit: limit)
        if batch.isEmpty, !onlyLookups { batch = takeOwn(limit: limit) }
        fetchCount += batch.count
        return batch
    }

    private mutating func takeLookups(limit: Int) -> [SessionKey] {
        var batch: [SessionKey] = []
        while batch.count < limit, sentLookupCount < limits.lookupFetchesUnderWayMax,
            let key = lookupQueue.popFirst()
        {
            guard let fetch = fetches[key], !fetch.joined.isEmpty else { continue }
            switch fetch.state {
            case .queuedForLookups, .queued: send(key, by: .lookups, in: &batch)
            case .aside, .sent: continue
            }
        }
        return batch
    }

    private mutating func takeOwn(limit: Int) -> [SessionKey] {
        var batch: [SessionKey] = []
        while batch.count < limit, sentCount < limits.fetchesUnderWayMax, let key = queue.popFirst() {
            guard case .queued = fetches[key]?.state else { continue }
            send(key, by: .own, in: &batch)
        }
        return batch
    }

    private mutating func send(_ key: SessionKey, by lane: Lane, in batch: inout [SessionKey]) {
        fetches[key]?.state = .sent(lane)
        count(1, in: lane)
        batch.append(key)
    }

    private mutating func count(_ difference: Int, in lane: Lane) {
        switch lane {
        case .own: sentCount += difference
        case .lookups: sentLookupCount += difference
        case .whole: sentWholeCount += difference
        }
    }

    // MARK: Large values

    /// The reply is no answer, since the value is large: the key waits to be read whole. What was announced until then is before
    /// that question, and so is whoever has asked.
    mutating func setAside(_ key: SessionKey) {
        guard var fetch = fetches[key], case .sent(let lane) = fetch.state else { return }
        count(-1, in: lane)
        fetch.state = .aside
        fetch.overtaken = nil
        fetch.isFromEarlierEpoch = false
        fetch.joined += fetch.late
        fetch.late = []
        fetches[key] = fetch
        if fetch.joined.isEmpty { asideQueue.append(key) } else { asideLookupQueue.append(key) }
    }

    /// The next key that is to be read whole, and the number of its question; it counts as sent. Nil where there is none, or enough
    /// are under way. Those that somebody waits for and others take turns.
    ///
    /// - Parameter onlyLookups: those that nobody waits for stay where they are.
    mutating func takeWhole(onlyLookups: Bool) -> (key: SessionKey, number: UInt64)? {
        guard sentWholeCount < limits.wholeFetchesUnderWayMax else { return nil }
        while let key = popAside(onlyLookups: onlyLookups) {
            guard case .aside = fetches[key]?.state else { continue }
            wholeNumber += 1
            fetches[key]?.state = .sent(.whole(wholeNumber))
            count(1, in: .whole(wholeNumber))
            fetchCount += 1
            return (key, wholeNumber)
        }
        return nil
    }

    private mutating func popAside(onlyLookups: Bool) -> SessionKey? {
        if onlyLookups { return asideLookupQueue.popFirst() }
        isLookupsTurn.toggle()
        return isLookupsTurn
            ? asideLookupQueue.popFirst() ?? asideQueue.popFirst()
            : asideQueue.popFirst() ?? asideLookupQueue.popFirst()
    }

    /// Whether the reply to this question of ``takeWhole(onlyLookups:)`` is waited for; nil stands for any other question.
    func isSent(_ key: SessionKey, whole number: UInt64?) -> Bool {
        guard case .sent(let lane)? = fetches[key]?.state else { return false }
        return if case .whole(let sent) = lane { sent == number } else { number == nil }
    }

    // MARK: Replies

    /// What a reply is worth.
    struct Completion {
        var credence: Credence
        var origins: FetchOrigins
        /// Those whom the reply answers.
        var answered: [LookupTicket]
    }

    enum Credence {
        /// True now, as far as anybody can know.
        case proven
        /// It was true, and something was written since.
        case observed
        /// The key was removed since.
        case outdated
    }

    /// A reply has come.
    ///
    /// - Parameter isPositive: it shows somebody logged in.
    /// - Returns: Nil where nobody had asked.
    mutating func completed(_ key: SessionKey, isPositive: Bool) -> Completion? {
        guard let fetch = fetches[key], case .sent(let lane) = fetch.state else { return nil }
        fetches[key] = nil
        count(-1, in: lane)
        guard let overtaken = fetch.overtaken else {
            let answeredLate = fetch.late.filter { isPositive && !$0.wants.confirmation }
            let waiting = fetch.late.filter { !isPositive || $0.wants.confirmation }
            for ticket in waiting { wait(key, ticket) }
            waitingCount -= fetch.joined.count + answeredLate.count
            return Completion(credence: .proven, origins: fetch.origins, answered: fetch.joined + answeredLate)
        }
        overtakenCount += 1
        let isPatient = fetch.rounds + 1 < Self.overtakenRoundsMax
        let waiting = (isPatient ? fetch.joined : []) + fetch.late
        waitingCount -= isPatient ? 0 : fetch.joined.count
        let isNotified = fetch.origins.contains(.notified) || !fetch.isFromEarlierEpoch
        enqueue(key) { again in
            again.origins = isNotified ? .notified : .notifiedEarlier
            again.rounds = fetch.rounds + 1
            again.joined = waiting
        }
        // Whoever waits does not wait behind what nobody waits for.
        if !waiting.isEmpty { lookupQueue.append(key) }
        dropPassedOver()
        return Completion(
            credence: overtaken == .byWrite ? .observed : .outdated,
            origins: fetch.origins,
            answered: isPatient ? [] : fetch.joined
        )
    }

    /// What is under way may be older than what was announced just now: it is read again.
    mutating func doubtSent() {
        for (key, fetch) in fetches where fetch.state.isSent {
            fetches[key]?.overtaken = fetch.overtaken ?? .byWrite
        }
    }

    /// A new epoch: what was asked before it may be older than what is announced in it, and its catching up begins from
    /// nothing.
    mutating func epochOpened() {
        isOverrun = false
        doubtSent()
        for (key, fetch) in fetches {
            fetches[key]?.isFromEarlierEpoch = fetch.state.isSent
            fetches[key]?.origins.remove(.catchUp)
            if fetches[key]?.origins.remove(.notified) != nil { fetches[key]?.origins.insert(.notifiedEarlier) }
        }
    }

    /// Questions under way stay unanswered; they are queued again, in their order.
    ///
    /// - Returns: those who waited for an answer.
    mutating func askingLost() -> [(key: SessionKey, ticket: LookupTicket)] {
        var tickets: [(key: SessionKey, ticket: LookupTicket)] = []
        queue.removeAll()
        lookupQueue.removeAll()
        asideQueue.removeAll()
        asideLookupQueue.removeAll()
        (sentCount, sentLookupCount, sentWholeCount, waitingCount) = (0, 0, 0, 0)
        for (key, fetch) in fetches.sorted(by: { $0.value.number < $1.value.number }) {
            tickets += (fetch.joined + fetch.late).map { (key, $0) }
            guard !fetch.origins.isEmpty else {
                fetches[key] = nil
                continue
            }
            fetches[key] = Fetch(number: fetch.number, state: .queued, origins: fetch.origins)
            queue.append(key)
        }
        return tickets
    }
}

/// Why a key is read. Empty where only lookups want it.
struct FetchOrigins: OptionSet {
    let rawValue: UInt8

    /// A notification said that it changed, in this epoch: that it is gone will be announced, too.
    static let notified = FetchOrigins(rawValue: 1 << 0)
    /// The catching up after a subscription found it, or did not find it.
    static let catchUp = FetchOrigins(rawValue: 1 << 1)
    /// Its time is up.
    static let deadline = FetchOrigins(rawValue: 1 << 2)
    /// It is compared with what the table holds.
    static let comparison = FetchOrigins(rawValue: 1 << 3)
    /// It is to tell whether there was a flush.
    static let flushCheck = FetchOrigins(rawValue: 1 << 4)
    /// A notification of an earlier epoch said so, or it was under way when this one opened: it may have gone unseen between.
    static let notifiedEarlier = FetchOrigins(rawValue: 1 << 5)
}

/// Stands for somebody who waits for an answer; the driver knows whom.
package struct LookupTicket: Hashable, Sendable {
    package let number: UInt64
    package let wants: LookupWants

    package init(number: UInt64, wants: LookupWants) {
        self.number = number
        self.wants = wants
    }

    package static func == (left: LookupTicket, right: LookupTicket) -> Bool {
        left.number == right.number
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(number)
    }
}
