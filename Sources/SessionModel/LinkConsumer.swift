/// Who is told what the link to Redis learns. All calls come on the link's event loop, in the order of the bytes.
package protocol LinkConsumer: AnyObject, SendableMetatype {
    /// The subscription stands: from now on every change is announced. `notifications` says what is known of that.
    func subscriptionEstablished(notifications: NotificationAssurance)
    /// The subscription ended: changes go unseen. `cause` is words for a person.
    func subscriptionLost(cause: String)
    /// A change of a key that belongs to a session.
    func keyspaceEvent(_ event: KeyspaceEvent, named name: [UInt8], of key: SessionKey)
    /// A key matched the pattern but is too long or no UTF-8.
    func foreignKeySeen()
    /// The PING that was sent at this time (monotonic, milliseconds) was answered on the subscribing connection.
    func pongReceived(pingSentAt: Int64)
    /// All that one read of a connection brought has been told.
    func turnEnded()

    /// Questions can be sent.
    func askingEstablished()
    /// Questions cannot be sent, and those under way stay unanswered.
    func askingLost(cause: String)
    /// The scan for this subscription begins, or begins anew.
    func scanStarted()
    /// A page of the scan.
    func scanned(_ keys: [SessionKey])
    /// The scan came to its end.
    func scanEnded()
    /// The answers to one call of `fetch`, in its order.
    func fetched(_ values: [(SessionKey, StoredValue)])
}

/// What is known of Redis's `notify-keyspace-events`.
package enum NotificationAssurance: String, Sendable {
    /// All flags that are needed are set.
    case verified
    /// It could not be read (CONFIG is forbidden): believed once notifications have been seen.
    case unverified
    /// Flags are missing and were not added: nothing in the cache can be believed.
    case missing
}
