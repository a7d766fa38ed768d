import SessionModel

/// What a session answers.
extension SessionEntry {
    /// What a reading of this very value answers, whatever it says.
    func freshAnswer(wanting wants: LookupWants) -> SessionAnswer {
        switch standing {
        case .authenticated(let login):
            SessionAnswer(.authenticated(describe(login)), data: visibleData(wants.data))
        case .anonymous:
            SessionAnswer(.nobody(.anonymous), data: visibleData(wants.data))
        case .rejected(let reason):
            .nobody(NobodyReason(reason))
        }
    }

    /// Whether the data that is wanted is in memory.
    func has(_ wants: LookupWants) -> Bool { wants.data == nil || hasData }

    /// Whether there is nothing of the session that memory has dropped.
    var hasData: Bool {
        if case .rejected = standing { true } else { data != nil }
    }

    private func visibleData(_ view: DataView?) -> SessionData? {
        guard let view, let data else { return nil }
        return SessionData(data, seenBy: view) { json, view in view.visible(of: json) }
    }

    private func describe(_ login: Login) -> AuthenticatedSession {
        AuthenticatedSession(
            userID: login.userID, backend: login.backend, session: session, expiresAt: expiresAt,
            isSuperseded: login.isSuperseded
        )
    }
}
