import NIOHTTP1
import SessionModel

/// What a path leads to; the raw value is for figures.
enum Route: String, CaseIterable {
    case page, auth, identity, events, history, sessions, status, healthz, readyz, metrics

    /// Nil where nothing is there.
    ///
    /// - Parameter path: without the query.
    init?(path: Substring) {
        switch path {
        case "/": self = .page
        case "/auth", "/envoy": self = .auth
        case "/identity": self = .identity
        case "/events": self = .events
        case "/history": self = .history
        case "/sessions": self = .sessions
        case "/status": self = .status
        case "/healthz": self = .healthz
        case "/readyz": self = .readyz
        case "/metrics": self = .metrics
        // Envoy puts the path that is asked for behind the one that is configured.
        default:
            guard path.hasPrefix("/envoy/") else { return nil }
            self = .auth
        }
    }

    /// What the door must have been given for it.
    var right: Rights {
        switch self {
        case .auth, .identity, .metrics, .status: .identify
        case .page, .events, .history: .observe
        case .sessions: .list
        case .healthz, .readyz: []
        }
    }

    /// Whether the answer can be long: only so many of those are held at a time.
    var isLong: Bool {
        switch self {
        case .history, .sessions: true
        case .page, .auth, .identity, .events, .status, .healthz, .readyz, .metrics: false
        }
    }

    /// Whether a request of this method is answered. A proxy may ask for a visitor with the visitor's own method.
    func allows(_ method: HTTPMethod) -> Bool {
        self == .auth || method == .GET || method == .HEAD
    }
}
