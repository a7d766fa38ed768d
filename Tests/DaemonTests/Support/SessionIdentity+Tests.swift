import SessiondClient

extension SessionIdentity {
    var isAuthenticated: Bool { login != nil }

    var login: Login? {
        if case .authenticated(let login) = self { login } else { nil }
    }

    var reason: Reason? {
        if case .nobody(let reason) = self { reason } else { nil }
    }
}
