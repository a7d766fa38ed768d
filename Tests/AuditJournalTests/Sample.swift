import SessionModel

/// Events of the run 7.
enum Sample {
    static func id(_ sequence: UInt64) -> EventID {
        EventID(run: 7, sequence: sequence)
    }

    static func session(_ key: String) -> Fingerprint {
        guard let key = SessionKey(key) else { preconditionFailure("no session key") }
        return Fingerprint(of: key)
    }

    static func online(_ sequence: UInt64) -> SessionEvent { online(sequence, run: 7) }

    static func online(_ sequence: UInt64, run: UInt64) -> SessionEvent {
        SessionEvent(
            id: EventID(run: run, sequence: sequence), time: 0, subject: nil, kind: .userOnline(UserID("1")))
    }

    static func rejected(_ sequence: UInt64) -> SessionEvent {
        event(sequence, .rejected(.invalid), of: "x")
    }

    static func renewed(_ sequence: UInt64) -> SessionEvent {
        event(sequence, .renewed(userID: UserID("1"), expiresAt: nil), of: "x")
    }

    static func login(_ sequence: UInt64, of key: String, replacing previous: String? = nil) -> SessionEvent {
        let cause = previous.map { LoginCause.rotated(previous: session($0)) } ?? .created
        return event(sequence, .login(userID: UserID("1"), backend: "b", expiresAt: nil, cause: cause), of: key)
    }

    static func logout(_ sequence: UInt64, of key: String) -> SessionEvent {
        event(sequence, .logout(userID: UserID("1"), backend: "b", loginID: id(1), reason: .deleted), of: key)
    }

    private static func event(_ sequence: UInt64, _ kind: SessionEvent.Kind, of key: String? = nil) -> SessionEvent {
        SessionEvent(id: id(sequence), time: 0, subject: key.map(session), kind: kind)
    }
}
