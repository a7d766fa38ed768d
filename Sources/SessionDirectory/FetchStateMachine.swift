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
/// There is at most one fetch of a key at a time. A lookup that comes before the question is sent joins it; a later
/// one waits for the next question, unless the reply is positive.
struct FetchStateMachine {
    /// After so many overtaken replies in a row those who wait are answered from the last one: it is the truth of a
    /// moment after they asked, and a key that is written without pause must not keep them forever.
    static let overtakenRoundsMax = 3

    private var fetches: [SessionKey: Fetch] = [:]
    private var queue: Deque<SessionKey> = []
    private var startedCount: UInt64 = 0
    private(set) var fetchCount = 0
    private(set) var overtakenCount = 0

    private struct Fetch {
        /// Counts the fetches.
        var number: UInt64
        var isSent = false
        var overtaken: Overtaken?
        var origins: FetchOrigins
        var rounds = 0
        var joined: [LookupTicket] = []
        var late: [LookupTicket] = []
    }

    private enum Overtaken {
        case byWrite, byRemoval
    }

    /// Whether keys wait to be asked for.
    var hasQueued: Bool { !queue.isEmpty }

    /// Wants the key read.
    ///
    /// - Parameter origin: why. A key that was notified is read again even if its question is under way.
    /// - Returns: Whether the key was not wanted for this reason yet.
    @discardableResult
    mutating func request(_ key: SessionKey, _ origin: FetchOrigins) -> Bool {
        var isNew = false
        enqueue(key) { fetch in
            if fetch.isSent, origin == .notified { fetch.overtaken = fetch.overtaken ?? .byWrite }
            isNew = !fetch.origins.contains(origin)
            fetch.origins.formUnion(origin)
        }
        return isNew
    }

    /// The key is known to be gone: a reply that is under way says nothing any more.
    mutating func removed(_ key: SessionKey) {
        if fetches[key]?.isSent == true { fetches[key]?.overtaken = .byRemoval }
    }

    /// Somebody waits for a reply about this key.
    mutating func join(_ key: SessionKey, _ ticket: LookupTicket) {
        enqueue(key) { fetch in
            if fetch.isSent { fetch.late.append(ticket) } else { fetch.joined.append(ticket) }
        }
    }

    private mutating func enqueue(_ key: SessionKey, _ change: (inout Fetch) -> Void) {
        if fetches[key] == nil {
            queue.append(key)
            startedCount += 1
        }
        change(&fetches[key, default: Fetch(number: startedCount, origins: [])])
    }

    /// The next keys to ask for, at most `limit`; they count as sent.
    mutating func takeBatch(limit: Int) -> [SessionKey] {
        let batch = Array(queue.prefix(limit))
        queue.removeFirst(batch.count)
        for key in batch { fetches[key]?.isSent = true }
        fetchCount += batch.count
        return batch
    }

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
        guard let fetch = fetches.removeValue(forKey: key) else { return nil }
        guard let overtaken = fetch.overtaken else {
            let answeredLate = fetch.late.filter { isPositive && !$0.wants.confirmation }
            let waiting = fetch.late.filter { !isPositive || $0.wants.confirmation }
            for ticket in waiting { join(key, ticket) }
            return Completion(credence: .proven, origins: fetch.origins, answered: fetch.joined + answeredLate)
        }
        overtakenCount += 1
        let isPatient = fetch.rounds + 1 < Self.overtakenRoundsMax
        let waiting = (isPatient ? fetch.joined : []) + fetch.late
        enqueue(key) { again in
            again.origins = .notified
            again.rounds = fetch.rounds + 1
            again.joined = waiting
        }
        return Completion(
            credence: overtaken == .byWrite ? .observed : .outdated,
            origins: fetch.origins,
            answered: isPatient ? [] : fetch.joined
        )
    }

    /// A new epoch: what was asked before it may be older than what is announced in it, and its catching up begins from
    /// nothing.
    mutating func epochOpened() {
        for key in Array(fetches.keys) {
            enqueue(key) { fetch in
                fetch.origins.remove(.catchUp)
                if fetch.isSent { fetch.overtaken = fetch.overtaken ?? .byWrite }
            }
        }
    }

    /// Questions under way stay unanswered; they are queued again, in their order.
    ///
    /// - Returns: those who waited for an answer.
    mutating func askingLost() -> [(key: SessionKey, ticket: LookupTicket)] {
        var tickets: [(key: SessionKey, ticket: LookupTicket)] = []
        queue.removeAll()
        for (key, fetch) in fetches.sorted(by: { $0.value.number < $1.value.number }) {
            tickets += (fetch.joined + fetch.late).map { (key, $0) }
            guard !fetch.origins.isEmpty else {
                fetches[key] = nil
                continue
            }
            fetches[key] = Fetch(number: fetch.number, origins: fetch.origins)
            queue.append(key)
        }
        return tickets
    }
}

/// Why a key is read. Empty where only lookups want it.
struct FetchOrigins: OptionSet {
    let rawValue: UInt8

    /// A notification said that it changed.
    static let notified = FetchOrigins(rawValue: 1 << 0)
    /// The catching up after a subscription found it, or did not find it.
    static let catchUp = FetchOrigins(rawValue: 1 << 1)
    /// Its time is up.
    static let deadline = FetchOrigins(rawValue: 1 << 2)
    /// It is compared with what the table holds.
    static let comparison = FetchOrigins(rawValue: 1 << 3)
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
