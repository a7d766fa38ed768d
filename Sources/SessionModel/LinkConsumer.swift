/// Who is told what the link to Redis learns. All calls come on the link's event loop, in the order of the bytes.
package protocol LinkConsumer: AnyObject, SendableMetatype {
    /// The subscription stands: from now on every change is announced, as far as `hearing` says.
    func subscriptionEstablished(_ hearing: Hearing)
    /// CLIENT TRACKING began or ended, and the subscription stands on.
    func trackingChanged(isOn: Bool)
    /// The subscription ended: changes go unseen. `cause` is words for a person.
    func subscriptionLost(cause: String)
    /// A change of a key that belongs to a session.
    func keyspaceEvent(_ event: KeyspaceEvent, named name: [UInt8], of key: SessionKey)
    /// CLIENT TRACKING names a key that changed; nobody knows how.
    func keyInvalidated(_ key: SessionKey)
    /// CLIENT TRACKING tells of a FLUSHALL or FLUSHDB, of this database or another one.
    func everythingInvalidated()
    /// A key matched the pattern but is too long or no UTF-8.
    func foreignKeySeen()
    /// Every change up to this time (monotonic, milliseconds) has been announced.
    func heard(until: Int64)
    /// All that one read of a connection brought has been told.
    func turnEnded()

    /// Questions can be sent.
    func askingEstablished()
    /// Questions cannot be sent, and those under way stay unanswered.
    func askingLost(cause: String)
    /// Whether it takes further keys of a scan. Where it does not, the scan waits until it is told to go on.
    var takesKeys: Bool { get }
    /// The scan for this subscription begins, or begins anew.
    func scanStarted()
    /// A page of the scan.
    func scanned(_ keys: [SessionKey])
    /// About this share of all keys lies behind the scan, from 0 to 1; nil where the server does not tell.
    func scanAdvanced(toShare share: Double?)
    /// The scan came to its end.
    func scanEnded()
    /// A slow scan begins, to compare memory with Redis.
    func comparisonStarted()
    /// A page of it.
    func comparisonFound(_ keys: [SessionKey])
    /// It came to its end.
    func comparisonEnded()
    /// The answers to one call of `fetch`, in its order.
    func fetched(_ values: [(SessionKey, StoredValue)])
}
