package import SessionModel

/// The slow comparison of memory with Redis, which shows that the cache is coherent: nothing it finds should be news.
///
/// With every proof one live session is read again. At a long interval all keys are scanned: those that memory does not know, and
/// those that it knows and the scan did not bring, are read.
extension DirectoryStateMachine {
    mutating func compare(_ key: SessionKey) {
        silentChanges.compared()
        fetches.request(key, .comparison)
    }

    /// A scan for comparison begins.
    package mutating func comparisonStarted() {
        comparisonNumber += 1
    }

    /// The scan found these keys.
    package mutating func comparisonFound(_ keys: [SessionKey]) {
        guard case .live = phase else { return }
        let number = comparisonNumber
        for key in keys where table.update(key, { $0.comparison = number }) == nil { compare(key) }
    }

    /// The scan came to its end.
    package mutating func comparisonEnded() {
        guard case .live = phase else { return }
        let number = comparisonNumber
        for key in table.keys(where: { $0.comparison != number }) { compare(key) }
    }
}
