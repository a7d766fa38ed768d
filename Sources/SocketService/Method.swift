import SessionModel

/// The methods that are served.
enum Method: String, CaseIterable {
    case identity = "session.identity"
    case get = "session.get"
    case list = "session.list"
    case userSessions = "user.sessions"
    case revoke = "session.revoke"
    case userRevoke = "user.revoke"
    case subscribe = "events.subscribe"
    case unsubscribe = "events.unsubscribe"
    case query = "events.query"
    case forget = "journal.forget"
    case status = "server.status"
    case info = "server.info"

    /// The right that a peer must have; none for what concerns nobody but the peer.
    ///
    /// - Parameter namesKey: the request names a `session_key`: who knows a session's key may follow that session.
    func right(namesKey: Bool) -> Rights {
        switch self {
        case .identity, .status: .identify
        case .get: .read
        case .list, .userSessions: .list
        case .subscribe: namesKey ? .identify : .observe
        case .query: .observe
        case .revoke, .userRevoke: .revoke
        case .forget: .erase
        case .unsubscribe, .info: []
        }
    }
}
