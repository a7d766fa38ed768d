package import DjangoSession
package import SessionModel

/// Other secret keys while sessions are known.
extension DirectoryStateMachine {
    /// Values are verified by other keys from now on: all are read again, and until then asked for in Redis.
    ///
    /// Sessions under a key that is no more end as `invalid`, those that no key fitted so far can become logins.
    ///
    /// - Parameter indices: where the keys stand now, by where they stood; none for those that are no more.
    package mutating func keysChanged(
        to decoder: SessionDecoder, indices: [Int: Int], at now: Moment, _ effects: inout DirectoryEffects
    ) {
        reader = ValueReader(decoder: decoder, version: reader.version + 1)
        storedForms = StoredForms()
        for key in table.keys(where: { _, _ in true }) {
            _ = table.update(key) { entry in
                // Its stored bytes have to be decoded again, although they are the same.
                entry.valueDigest = 0
                // Not even where `--serve-stale` allows old answers is it told by keys that are no more.
                entry.isTouched = true
                entry.form = entry.form?.moved(by: indices)
                storedForms.change(from: nil, to: entry.form)
            }
        }
        fetches.doubtSent()
        guard isSubscribed else { return }
        openEpoch(at: now)
        effects.wantsScan = true
    }
}
