/// What is known of a session key, ready to be written to a peer.
package struct SessionAnswer: Sendable {
    package var verdict: Verdict
    /// The decoded session as far as it may be seen; nil where there is none or nobody asked for it.
    package var data: SessionData?

    package init(_ verdict: Verdict, data: SessionData? = nil) {
        self.verdict = verdict
        self.data = data
    }

    package enum Verdict: Sendable {
        case authenticated(AuthenticatedSession)
        case nobody(NobodyReason)
        /// Redis could not be asked in time. `cause` is words for a person.
        case unavailable(cause: String)
        /// Too many wait for Redis already, or too much was asked about unknown keys.
        case overloaded(retryAfterMilliseconds: Int)
    }

    package static func unavailable(_ cause: String) -> SessionAnswer {
        SessionAnswer(.unavailable(cause: cause))
    }

    package static func nobody(_ reason: NobodyReason) -> SessionAnswer {
        SessionAnswer(.nobody(reason))
    }
}

/// A session with somebody logged in.
package struct AuthenticatedSession: Sendable {
    package var userID: UserID
    /// Dotted path of the Django authentication backend.
    package var backend: String
    package var session: Fingerprint
    /// Milliseconds since 1970; nil for a key without expiry.
    package var expiresAt: Int64?
    /// A later session of the same user has another password hash: most likely Django will refuse this one.
    package var isSuperseded: Bool
    /// How old the answer may be, where `--serve-stale` allowed it to be old. Milliseconds.
    package var staleMilliseconds: Int64?

    package init(
        userID: UserID, backend: String, session: Fingerprint, expiresAt: Int64?, isSuperseded: Bool = false,
        staleMilliseconds: Int64? = nil
    ) {
        self.userID = userID
        self.backend = backend
        self.session = session
        self.expiresAt = expiresAt
        self.isSuperseded = isSuperseded
        self.staleMilliseconds = staleMilliseconds
    }
}

/// Why a session key is nobody's.
package enum NobodyReason: String, Sendable {
    /// There is no such session.
    case unknown
    /// A session with nobody logged in.
    case anonymous
    case invalid, unreadable

    package init(_ reason: RejectionReason) {
        switch reason {
        case .invalid: self = .invalid
        case .unreadable: self = .unreadable
        }
    }
}
