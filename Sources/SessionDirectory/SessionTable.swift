package import SessionModel
import Synchronization

/// Every session that the daemon knows, written by the link's event loop and read by all others.
///
/// ```
///   link's loop ──update, remove──▶ shard 0 … shard 15 ◀──answer── the socket's loops
///        └────────────prove──────▶ epoch, provenUntil ──────────▶┘
/// ```
/// A key's hash picks its shard, and each shard has a lock of its own, so that readers hardly ever meet. An answer is
/// given from here only while the subscription is proven, which two words say that are read without any lock.
package final class SessionTable: Sendable {
    private static let shardCount = 16

    private let shards: [Shard]
    private let epochNumber = Atomic<UInt64>(0)
    private let provenUntil = Atomic<Int64>(.min)
    private let hitCount = Atomic<Int>(0)
    private let missCount = Atomic<Int>(0)

    private final class Shard: Sendable {
        let entries = Mutex<[SessionKey: SessionEntry]>([:])
    }

    package init() {
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    private func shard(of key: SessionKey) -> Shard {
        shards[Int(UInt(bitPattern: key.hashValue) >> 4 % UInt(Self.shardCount))]
    }

    // MARK: Reading, on any thread

    /// An answer that the contract allows from memory, or nil: then Redis has to be asked.
    package func answer(
        for key: SessionKey, wanting wants: LookupWants, now: Moment, freshness: Freshness
    ) -> SessionAnswer? {
        let entry = wants.confirmation ? nil : provenEntry(of: key, now: now)
        let answer = entry.flatMap { $0.has(wants) ? $0.answer(wanting: wants, now: now, freshness: freshness) : nil }
        if answer == nil {
            missCount.wrappingAdd(1, ordering: .relaxed)
        } else {
            hitCount.wrappingAdd(1, ordering: .relaxed)
        }
        return answer
    }

    private func provenEntry(of key: SessionKey, now: Moment) -> SessionEntry? {
        guard now.uptime < provenUntil.load(ordering: .acquiring), let entry = entry(of: key),
            entry.epoch.number == epochNumber.load(ordering: .acquiring), !entry.isTouched,
            now.uptime < entry.deadline
        else { return nil }
        return entry
    }

    /// Whether answers may come from memory at all at this moment.
    package func isProven(at now: Moment) -> Bool {
        now.uptime < provenUntil.load(ordering: .acquiring)
    }

    /// How many lookups were answered from memory, and how many had to ask.
    package var lookupCounts: (hits: Int, misses: Int) {
        (hitCount.load(ordering: .relaxed), missCount.load(ordering: .relaxed))
    }

    func entry(of key: SessionKey) -> SessionEntry? {
        shard(of: key).entries.withLock { $0[key] }
    }

    // MARK: Writing, on the link's event loop alone

    /// Opens an epoch, under which nothing is proven yet.
    func open(_ epoch: LinkEpoch) {
        provenUntil.store(.min, ordering: .releasing)
        epochNumber.store(epoch.number, ordering: .releasing)
    }

    /// - Parameter uptime: answers may be given from memory until then; `Int64.min` for not at all.
    func prove(until uptime: Int64) {
        provenUntil.store(uptime, ordering: .releasing)
    }

    /// - Returns: what was there before.
    func store(_ entry: SessionEntry, for key: SessionKey) -> SessionEntry? {
        shard(of: key).entries.withLock { $0.updateValue(entry, forKey: key) }
    }

    @discardableResult
    func remove(_ key: SessionKey) -> SessionEntry? {
        shard(of: key).entries.withLock { $0.removeValue(forKey: key) }
    }

    /// Changes an entry in place; nothing happens where there is none.
    func update<Result>(_ key: SessionKey, _ change: (inout SessionEntry) -> Result) -> Result? {
        shard(of: key).entries.withLock { entries in
            guard let index = entries.index(forKey: key) else { return nil }
            return change(&entries.values[index])
        }
    }

    /// The keys whose entries satisfy `condition`, in no order.
    func keys(where condition: (SessionEntry) -> Bool) -> [SessionKey] {
        shards.flatMap { shard in
            shard.entries.withLock { entries in entries.compactMap { condition($0.value) ? $0.key : nil } }
        }
    }

    var count: Int {
        shards.reduce(0) { $0 + $1.entries.withLock(\.count) }
    }
}

extension SessionEntry {
    /// The answer that a proven entry gives, or nil where the contract wants Redis asked.
    ///
    /// A negative answer from memory is allowed for an anonymous session alone, and only when it has not changed for a
    /// while: Django never logs anybody in under an old anonymous key, it makes a new one.
    func answer(wanting wants: LookupWants, now: Moment, freshness: Freshness) -> SessionAnswer? {
        switch standing {
        case .authenticated(let login):
            SessionAnswer(.authenticated(describe(login)), data: visibleData(wants.data))
        case .anonymous where now.uptime - changedAt > freshness.stalenessMax:
            SessionAnswer(.nobody(.anonymous), data: visibleData(wants.data))
        case .anonymous, .rejected:
            nil
        }
    }

    /// What a reading of this very value answers, whatever it says.
    func freshAnswer(wanting wants: LookupWants) -> SessionAnswer {
        switch standing {
        case .authenticated(let login):
            SessionAnswer(.authenticated(describe(login)), data: visibleData(wants.data))
        case .anonymous:
            SessionAnswer(.nobody(.anonymous), data: visibleData(wants.data))
        case .rejected(let reason):
            .nobody(NobodyReason(reason))
        }
    }

    /// Whether the data that is wanted is in memory.
    func has(_ wants: LookupWants) -> Bool { wants.data == nil || hasData }

    /// Whether there is nothing of the session that memory has dropped.
    var hasData: Bool {
        if case .rejected = standing { true } else { data != nil }
    }

    private func visibleData(_ view: DataView?) -> SessionData? {
        guard let view, let data else { return nil }
        return SessionData(data, seenBy: view) { json, view in view.visible(of: json) }
    }

    private func describe(_ login: Login) -> AuthenticatedSession {
        AuthenticatedSession(
            userID: login.userID, backend: login.backend, session: session, expiresAt: expiresAt,
            isSuperseded: login.isSuperseded
        )
    }
}
