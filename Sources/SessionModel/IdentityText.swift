/// Who is behind a session, as JSON. The order of the members is the contract's.
extension JSONWriter {
    /// The members that say who it is, or why nobody; none where nothing is known.
    package mutating func members(of verdict: SessionAnswer.Verdict) {
        switch verdict {
        case .authenticated(let session):
            member("authenticated", true)
            member("user_id", session.userID.text)
            member("backend", session.backend)
            member("session", session.session.description)
            member("expires_at", expiry: session.expiresAt)
            if session.isSuperseded { member("superseded", true) }
            if let stale = session.staleMilliseconds { member("stale_ms", stale) }
        case .nobody(let reason):
            member("authenticated", false)
            member("reason", reason.rawValue)
        case .unavailable, .overloaded: break
        }
    }
}
