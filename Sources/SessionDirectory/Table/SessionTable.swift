package import SessionModel
import Synchronization

/// Every session that the daemon knows, written by the link's event loop and read by all others.
///
/// ```
///   link's loop ──store, remove──▶ shard 0 … shard 15 ◀──answer── the socket's loops
///        ├───────────────────────▶ roll                             who is logged in; the writer's alone
///        └────────────prove──────▶ epoch, provenUntil ────────────▶┘
/// ```
/// A key's hash picks its shard, and each shard has a lock of its own, so that readers hardly ever meet. An answer is
/// given from here only while the subscription is proven, which two words say that are read without any lock.
///
/// Sessions are packed: a million of them, with nothing but who is logged in, take about 110 MB. ``SessionEntry`` is what they
/// are outside of this folder.
package final class SessionTable: Sendable {
    static let shardCount = 16

    let shards: [Shard]
    let roll = Mutex(SessionRoll())
    private let epochNumber = Atomic<UInt64>(0)
    private let provenUntil = Atomic<Int64>(.min)
    private let clockOffset = Atomic<Int64>(0)
    private let hitCount = Atomic<Int>(0)
    private let missCount = Atomic<Int>(0)

    final class Shard: Sendable {
        let state = Mutex(SessionShard())
    }

    package init() {
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    // MARK: Reading, on any thread

    /// An answer that the contract allows from memory, or nil: then Redis has to be asked.
    package func answer(
        for key: SessionKey, wanting wants: LookupWants, now: Moment, freshness: Freshness
    ) -> SessionAnswer? {
        let answer = wants.confirmation ? nil : provenAnswer(for: key, wanting: wants, now: now, freshness: freshness)
        count(hits: answer == nil ? 0 : 1, misses: answer == nil ? 1 : 0)
        return answer
    }

    private func provenAnswer(
        for key: SessionKey, wanting wants: LookupWants, now: Moment, freshness: Freshness
    ) -> SessionAnswer? {
        guard isProven(at: now.uptime) else { return nil }
        let sought = SoughtKey(key)
        let hash = sought.hash
        return shard(of: hash).state.withLock { shard in
            guard let place = shard.place(of: sought, hash) else { return nil }
            let record = shard.hot[Int(place)]
            guard isBelieved(record, at: now.uptime) else { return nil }
            return shard.answer(place, wanting: wants, now: now, freshness: freshness, clockOffset: offset)
        }
    }

    private func isBelieved(_ record: PackedSession, at uptime: Int64) -> Bool {
        record.isBelieved(under: EpochTag(epoch), at: uptime)
    }

    /// Whether answers may come from memory at all at this moment.
    package func isProven(at uptime: Int64) -> Bool {
        uptime < provenUntil.load(ordering: .acquiring)
    }

    /// Counts lookups that were answered from memory, and that had to ask.
    package func count(hits: Int, misses: Int) {
        if hits > 0 { hitCount.wrappingAdd(hits, ordering: .relaxed) }
        if misses > 0 { missCount.wrappingAdd(misses, ordering: .relaxed) }
    }

    /// How many lookups were answered from memory, and how many had to ask.
    package var lookupCounts: (hits: Int, misses: Int) {
        (hitCount.load(ordering: .relaxed), missCount.load(ordering: .relaxed))
    }

    @inline(__always)
    func shard(of hash: UInt64) -> Shard { shards[Int(truncatingIfNeeded: hash >> 8) & (Self.shardCount - 1)] }

    /// How far the wall clock is ahead of the monotonic one, in milliseconds.
    var offset: Int64 { clockOffset.load(ordering: .relaxed) }
    /// The latest epoch.
    var epoch: LinkEpoch { LinkEpoch(number: epochNumber.load(ordering: .acquiring)) }

    // MARK: The link, on the link's event loop alone

    /// Opens an epoch, under which nothing is proven yet.
    func open(_ epoch: LinkEpoch) {
        provenUntil.store(.min, ordering: .releasing)
        // Its tag means nothing any more on those that still have it from long ago.
        let tag = EpochTag(epoch)
        if epoch.number > EpochTag.period { changeAll { if $0.epoch == tag { $0.epoch = .none } } }
        epochNumber.store(epoch.number, ordering: .releasing)
    }

    /// - Parameter uptime: answers may be given from memory until then; `Int64.min` for not at all.
    func prove(until uptime: Int64) {
        provenUntil.store(uptime, ordering: .releasing)
    }

    /// The clocks drift apart when the wall clock is set; less is no more than two readings differ by.
    private static let clockJitter: Int64 = 20

    /// What both clocks show.
    func tell(_ now: Moment) {
        let offset = now.wall - now.uptime
        if abs(offset - self.offset) > Self.clockJitter { clockOffset.store(offset, ordering: .relaxed) }
    }
}

extension SessionShard {
    /// The answer that a believed session gives, or nil where the contract wants Redis asked.
    ///
    /// A negative answer from memory is allowed for an anonymous session alone, and only when it has not changed for a
    /// while: Django never logs anybody in under an old anonymous key, it makes a new one.
    fileprivate borrowing func answer(
        _ place: UInt32, wanting wants: LookupWants, now: Moment, freshness: Freshness, clockOffset: Int64
    ) -> SessionAnswer? {
        let entry = entry(at: place, epoch: .none, clockOffset: clockOffset)
        guard entry.has(wants) else { return nil }
        switch entry.standing {
        case .authenticated: break
        case .anonymous: if now.uptime - entry.changedAt <= freshness.stalenessMax { return nil }
        case .rejected: return nil
        }
        return entry.freshAnswer(wanting: wants)
    }
}
