package import SessionModel

/// Large values, which are read one by one and decoded elsewhere.
extension DirectoryStateMachine {
    /// The next large value to read; ``WholeFetch/read(_:)`` decodes what Redis answers, and ``wholeFetched(_:_:at:_:)`` takes it.
    /// Nil where there is none, or enough are under way.
    ///
    /// - Parameter onlyLookups: those that nobody waits for stay where they are.
    package mutating func takeWhole(onlyLookups: Bool = false) -> WholeFetch? {
        guard isAsking, let (key, number) = fetches.takeWhole(onlyLookups: onlyLookups) else { return nil }
        let old = table.entry(of: key)
        let isReusable = old.map { ValueReader.isReusable($0, fetches.wantsData(of: key)) } ?? false
        return WholeFetch(
            key: key, number: number, reusableDigest: isReusable ? old?.valueDigest : nil,
            dataBefore: old?.standing.login == nil ? nil : old?.data, digestBefore: old?.valueDigest, reader: reader)
    }

    /// A large value has been read. Nothing happens where the connection it was asked on is lost.
    package mutating func wholeFetched(
        _ fetch: WholeFetch, _ value: ReadValue, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        let key = fetch.key
        guard fetches.isSent(key, whole: fetch.number) else { return }
        if fetches.isBelieved(key) { endDeleted(key, askedAt: value.askedAt, at: now, &effects) }
        let old = table.entry(of: key)
        guard fetch.reader.version == reader.version, isApplicable(value, to: old, key) else {
            // The keys have changed since, or what was known of the session.
            fetches.setAside(key)
            return
        }
        changedNames = old?.valueDigest == fetch.digestBefore ? value.changedNames : nil
        complete(key, value, after: old, at: now, &effects)
        changedNames = nil
        if value.byteCount > StoredValue.shortByteCount, let entry = table.entry(of: key),
            case .rejected = entry.standing
        {
            largeRejections.rejected(key, byteCount: value.byteCount)
        } else {
            largeRejections.forget(key)
        }
    }

    /// Whether an unchanged value's entry is still there, with all that is wanted of it.
    private func isApplicable(_ value: ReadValue, to old: SessionEntry?, _ key: SessionKey) -> Bool {
        guard case .unchanged = value.content else { return true }
        guard let old, old.valueDigest == value.valueDigest else { return false }
        return ValueReader.isReusable(old, fetches.wantsData(of: key))
    }
}
