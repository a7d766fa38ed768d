import SessionModel

/// The fingerprint of a session with this key.
func fingerprint(_ key: String) -> Fingerprint {
    guard let key = SessionKey(key) else { preconditionFailure("no session key") }
    return Fingerprint(of: key)
}

/// Events to filter and to write.
enum Sample {
    static func event(_ kind: SessionEvent.Kind, of subject: Fingerprint? = nil) -> SessionEvent {
        SessionEvent(id: EventID(run: 1, sequence: 2), time: 1_796_635_800_123, subject: subject, kind: kind)
    }

    static func login(_ session: Fingerprint, _ cause: LoginCause = .created) -> SessionEvent {
        event(.login(userID: UserID("1"), backend: "b", expiresAt: nil, cause: cause), of: session)
    }

    static func logout(_ session: Fingerprint, _ reason: LogoutReason) -> SessionEvent {
        let loginID = EventID(run: 1, sequence: 1)
        return event(.logout(userID: UserID("1"), backend: "b", loginID: loginID, reason: reason), of: session)
    }

    /// One event of each type, of the session "a" and the user "1", in the order of `EventType.allCases` but for `erased`, which none has.
    static var everyKind: [SessionEvent] {
        let session = fingerprint("a")
        return [
            login(session), logout(session, .deleted), event(.userOnline(UserID("1"))),
            event(.userOffline(UserID("1"))),
            event(.renewed(userID: UserID("1"), expiresAt: 0), of: session),
            event(.changed(userID: UserID("1"), keys: []), of: session), event(.rejected(.invalid), of: session),
            event(.link(.lost, gapMilliseconds: nil)), event(.forgotten(Forgetting(userID: UserID("1"), byUID: 0))),
        ]
    }
}
