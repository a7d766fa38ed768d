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
        let moved = { (form: StoredForm) in form.moved(by: indices) }
        table.forgetReadings(moved)
        storedForms.move(moved)
        fetches.doubtSent()
        guard isSubscribed else { return }
        openEpoch(at: now)
        effects.wantsScan = true
    }
}
