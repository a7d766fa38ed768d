/// A request for a page of the live sessions, in no order that means anything.
package struct SessionListQuery: Sendable {
    /// Only this user's; nil for everybody's.
    package var userID: UserID?
    /// How many at most.
    package var limit: Int
    /// Continue behind this place, which an earlier page gave as its `next`.
    package var after: UInt64?
    /// Who asks.
    package var byUID: UInt32

    package init(userID: UserID?, limit: Int, after: UInt64?, byUID: UInt32 = 0) {
        self.userID = userID
        self.limit = limit
        self.after = after
        self.byUID = byUID
    }
}

/// A page of the live sessions.
package struct SessionListPage: Sendable {
    package var sessions: [ListedSession]
    /// Where the next page begins; nil on the last one.
    package var next: UInt64?
    /// The newest event when the page was made: subscribing from here misses nothing.
    package var position: EventID

    package init(sessions: [ListedSession], next: UInt64?, position: EventID) {
        self.sessions = sessions
        self.next = next
        self.position = position
    }
}

/// One session of a page.
package struct ListedSession: Sendable {
    package var session: Fingerprint
    package var userID: UserID
    package var backend: String
    /// Milliseconds since 1970; nil for a key without expiry.
    package var expiresAt: Int64?
    /// When this daemon first saw the session, in milliseconds since 1970.
    package var firstSeenAt: Int64

    package init(session: Fingerprint, userID: UserID, backend: String, expiresAt: Int64?, firstSeenAt: Int64) {
        self.session = session
        self.userID = userID
        self.backend = backend
        self.expiresAt = expiresAt
        self.firstSeenAt = firstSeenAt
    }
}
