import NIOHTTP1
import SessionModel

/// What a path leads to; the raw value is for figures.
enum Route: String, CaseIterable {
    case auth, identity, events, healthz, readyz, metrics

    /// Nil where nothing is there.
    ///
    /// - Parameter path: without the query.
    init?(path: Substring) {
        switch path {
        case "/auth", "/envoy": self = .auth
        case "/identity": self = .identity
        case "/events": self = .events
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
        case .auth, .identity, .metrics: .identify
        case .events: .observe
        case .healthz, .readyz: []
        }
    }

    /// Whether a request of this method is answered. A proxy may ask for a visitor with the visitor's own method.
    func allows(_ method: HTTPMethod) -> Bool {
        self == .auth || method == .GET || method == .HEAD
    }
}
