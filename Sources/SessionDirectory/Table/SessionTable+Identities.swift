package import SessionModel
import Synchronization

/// Who is behind the keys of many lookups at once: the short way of ``SessionTable/answer(for:wanting:now:freshness:)`` for sessions
/// that are packed.
///
/// ```
///   key ──hash──▶ tags, places ──────▶ record        each is most likely not in the processor's cache
///   1. all keys:  fetched ahead
///   2. all keys:                 found, and fetched ahead
///   3. all keys:                                read, one answer after the other
/// ```
/// So the times that memory takes for sixteen lookups pass side by side. A record can change between two of these steps, so the last
/// one searches anew: it finds in the cache what it needs.
extension SessionTable {
    /// How many lookups are made together at most.
    private static let togetherMax = 16
    /// Fewer than this gain nothing by it.
    private static let togetherMin = 3

    /// A key that is looked for.
    private struct Sought {
        var key: PackedKey
        var hash: UInt64
    }

    /// Tells of one key after the other who is behind it, up to the first about which memory may not say, or about which
    /// there is more to say than somebody's name. They are not counted.
    ///
    /// - Parameters:
    ///   - keys: where the keys stand in `text`.
    ///   - take: is told the number of the key, and who is behind it. A shard is locked meanwhile.
    /// - Returns: of how many keys it was told.
    package func identities(
        ofKeys keys: UnsafeBufferPointer<Range<Int>>, in text: UnsafeRawBufferPointer, at uptime: Int64,
        _ take: (Int, borrowing PackedIdentity) -> Void
    ) -> Int {
        withUnsafeTemporaryAllocation(of: Sought.self, capacity: Self.togetherMax) { room in
            var told = 0
            while told < keys.count, isProven(at: uptime) {
                let together = min(Self.togetherMax, keys.count - told)
                var count = 0
                while count < together, let key = PackedKey(RawSpan(_unsafeBytes: text[keys[told + count]])) {
                    room.initializeElement(at: count, to: Sought(key: key, hash: key.hash))
                    count += 1
                }
                let sought = UnsafeBufferPointer(rebasing: room[..<count])
                fetchAhead(sought)
                let found = identities(sought, at: uptime) { take(told + $0, $1) }
                told += found
                if found < together { break }
            }
            return told
        }
    }

    private func fetchAhead(_ sought: UnsafeBufferPointer<Sought>) {
        guard sought.count >= Self.togetherMin else { return }
        for key in sought { shard(of: key.hash).state.withLock { $0.fetchIndexAhead(key.hash) } }
        for key in sought { shard(of: key.hash).state.withLock { $0.fetchRecordAhead(key.hash) } }
    }

    private func identities(
        _ sought: UnsafeBufferPointer<Sought>, at uptime: Int64, _ take: (Int, borrowing PackedIdentity) -> Void
    ) -> Int {
        let (tag, offset) = (EpochTag(epoch), offset)
        for (number, key) in sought.enumerated() {
            let isTold = shard(of: key.hash).state.withLock { shard in
                guard let identity = shard.identity(of: key.key, key.hash, under: tag, at: uptime, offset) else {
                    return false
                }
                take(number, identity)
                return true
            }
            guard isTold else { return number }
        }
        return sought.count
    }
}

extension SessionShard {
    @inline(__always)
    fileprivate borrowing func identity(
        of key: PackedKey, _ hash: UInt64, under epoch: EpochTag, at uptime: Int64, _ clockOffset: Int64
    ) -> PackedIdentity? {
        guard let place = place(of: key, hash) else { return nil }
        let record = hot[Int(place)]
        guard record.standing == .authenticated, record.isBelieved(under: epoch, at: uptime), !record.isOutsized else {
            return nil
        }
        return PackedIdentity(
            userID: record.userID, backend: backends[Int(record.backend)].json, session: record.session,
            expiresAt: record.deadline == .max ? nil : record.deadline + clockOffset,
            isSuperseded: record.isSuperseded)
    }
}
