/// A login that a journal holds, and not yet its logout.
package struct OpenLogin: Sendable, Equatable {
    /// The login event.
    package var id: EventID
    package var userID: UserID
    package var backend: String
    /// When the login occurred, in milliseconds since 1970.
    package var beganAt: Int64
    /// The newest expiry that is known, in milliseconds since 1970; nil for a key without expiry.
    package var expiresAt: Int64?

    package init(id: EventID, userID: UserID, backend: String, beganAt: Int64, expiresAt: Int64?) {
        self.id = id
        self.userID = userID
        self.backend = backend
        self.beganAt = beganAt
        self.expiresAt = expiresAt
    }
}

/// What a journal says when it takes events from now on.
package struct JournalOpening: Sendable {
    /// The run of the ids that follow.
    package var run: UInt64
    /// Who is logged in by what the journal holds.
    package var openLogins: [Fingerprint: OpenLogin]
    /// The time that the journal knows nothing of; nil where it begins.
    package var gap: Gap?

    package init(run: UInt64, openLogins: [Fingerprint: OpenLogin] = [:], gap: Gap? = nil) {
        self.run = run
        self.openLogins = openLogins
        self.gap = gap
    }

    /// A time of which a journal knows nothing.
    package struct Gap: Sendable, Equatable {
        package var cause: Cause
        /// Its beginning, in milliseconds since 1970.
        package var since: Int64
        /// The journal holds the link event that tells of the beginning.
        package var isTold: Bool

        package init(cause: Cause, since: Int64, isTold: Bool) {
            self.cause = cause
            self.since = since
            self.isTold = isTold
        }
    }

    package enum Cause: Sendable {
        /// No daemon ran.
        case stopped
        /// A daemon ran, and could not write.
        case interrupted
    }
}
