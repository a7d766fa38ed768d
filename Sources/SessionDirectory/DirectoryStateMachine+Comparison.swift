package import SessionModel

/// The slow comparison of memory with Redis, which shows that the cache is coherent: nothing it finds should be news.
///
/// With every proof some live sessions are read again: more of them where nothing tells of flushes. At a long interval all keys are scanned: those that memory does not know, and
/// those that it knows and the scan did not bring, are read. Where too many keys wait to be read already, some are left for the next time.
extension DirectoryStateMachine {
    /// How many sessions are compared with every proof, where a flush would not be told, and where it would.
    private static let (comparedCount, comparedCountWithTracking) = (16, 1)

    mutating func compareSome() {
        for _ in 0..<(hearing.isTracking ? Self.comparedCountWithTracking : Self.comparedCount) {
            // Nil is the end of the list; the next proof begins anew.
            guard let key = nextToCompare() else { return }
            compare(key)
        }
    }

    mutating func compare(_ key: SessionKey) {
        guard fetches.request(key, .comparison) else { return }
        silentChanges.compared()
    }

    /// A scan for comparison begins.
    package mutating func comparisonStarted() {
        comparisonNumber &+= 1
    }

    /// The scan found these keys.
    package mutating func comparisonFound(_ keys: [SessionKey]) {
        guard case .live = phase else { return }
        let number = comparisonNumber
        for key in keys where !table.mark(key, comparison: number) { compare(key) }
    }

    /// The scan came to its end.
    package mutating func comparisonEnded() {
        guard case .live = phase else { return }
        let number = comparisonNumber
        for key in table.keys(where: { _, upkeep in upkeep.comparison != number }) { compare(key) }
    }
}
