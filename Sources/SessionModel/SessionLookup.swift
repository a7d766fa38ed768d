/// Who answers for sessions; what the socket knows of the directory.
package protocol SessionLookup: Sendable {
    /// An answer from memory where the contract allows one, else nil: then ``ask(_:wanting:completion:)``.
    ///
    /// Called on any thread; never blocks for long.
    func cached(_ key: SessionKey, wanting wants: LookupWants) -> SessionAnswer?

    /// Tells of one key after the other who is behind it, the short way: up to the first where nobody is, where memory may not say so,
    /// or where the general way has to be taken for any other reason.
    ///
    /// - Parameters:
    ///   - keys: where the keys stand in `text`; they are whatever bytes.
    ///   - uptime: by ``uptime``, a moment ago at most.
    ///   - take: is told the number of the key, and who is behind it. It must not call back.
    /// - Returns: of how many keys it was told.
    func identities(
        ofKeys keys: UnsafeBufferPointer<Range<Int>>, in text: UnsafeRawBufferPointer, at uptime: Int64,
        _ take: (Int, borrowing PackedIdentity) -> Void
    ) -> Int

    /// The monotonic clock, in milliseconds.
    var uptime: Int64 { get }

    /// Counts lookups that ``identities(ofKeys:in:at:_:)`` has answered.
    func countIdentities(_ count: Int)

    /// An answer by way of Redis. `completion` is called once, on any thread.
    func ask(_ key: SessionKey, wanting wants: LookupWants, completion: @escaping @Sendable (SessionAnswer) -> Void)

    /// A page of the live sessions. `completion` is called once, on any thread.
    func list(_ query: SessionListQuery, completion: @escaping @Sendable (SessionListPage) -> Void)

    /// Ends sessions in Redis. `completion` is called once, on any thread, with how many there were.
    func revoke(
        _ order: RevocationOrder, completion: @escaping @Sendable (Result<Int, RevocationFailure>) -> Void
    )

    /// Erases what the journal holds of a user. `completion` is called once, on any thread.
    func forget(
        _ userID: UserID, byUID uid: UInt32, completion: @escaping @Sendable (Result<Forgotten, ForgetError>) -> Void
    )
}

/// What was erased.
package struct Forgotten: Sendable, Equatable {
    /// The event that tells of it.
    package var id: EventID
    package var eventCount: Int

    package init(id: EventID, eventCount: Int) {
        self.id = id
        self.eventCount = eventCount
    }
}

/// Why nothing was erased.
package enum ForgetError: Error, Equatable {
    /// The user is logged in: the logouts that come would name the user again.
    case loggedIn(sessions: Int)
    /// The journal cannot be written; a sentence that says why.
    case unavailable(String)
}

/// What a lookup asks for.
package struct LookupWants: Sendable {
    /// The answer must come from a read of Redis that was sent after the request arrived.
    package var confirmation: Bool
    /// The decoded session too, as far as this view shows it.
    package var data: DataView?
    /// The user whose allowance of questions about unknown keys it takes; nil where none is to be taken.
    package var askedBy: UInt32?

    package init(confirmation: Bool = false, data: DataView? = nil, askedBy: UInt32? = nil) {
        self.confirmation = confirmation
        self.data = data
        self.askedBy = askedBy
    }
}
