import SessionModel
import TestSupport

/// Events as a daemon makes them, drawn from a seed: sessions of a few users that log in, rotate, are renewed and log out.
struct EventHistory {
    private(set) var events: [SessionEvent] = []
    /// Who is logged in by these events.
    private(set) var openLogins: [Fingerprint: OpenLogin] = [:]
    private var random: SeededGenerator
    private var position: EventID
    private var keyCount = 0

    /// Texts that SQL, C and Unicode could take for each other.
    static let users = ["1", "2", "a", "a\u{0}b", "é", "e\u{301}", "o'x\"y", "zoë 😀"].map { UserID($0) }

    init(seed: UInt64, run: UInt64 = 7) {
        random = SeededGenerator(seed: seed)
        position = EventID(run: run, sequence: 0)
    }

    /// A later daemon goes on.
    mutating func beginRun(_ run: UInt64) {
        position = EventID(run: run, sequence: 0)
    }

    /// The events of one turn.
    ///
    /// - Parameter now: milliseconds since 1970; some events occurred long before.
    mutating func turn(at now: Int64) -> [SessionEvent] {
        let start = events.count
        for _ in 0..<Int.random(in: 1...4, using: &random) { happen(at: time(now)) }
        return Array(events[start...])
    }

    /// Everybody logs out.
    mutating func logoutAll(at now: Int64) -> [SessionEvent] {
        let start = events.count
        for session in openLogins.keys.sorted(by: { $0.description < $1.description }) {
            logout(session, .deleted, now)
        }
        return Array(events[start...])
    }

    private mutating func time(_ now: Int64) -> Int64 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: now - Int64.random(in: 0..<86_400_000, using: &random)
        case 1: now + 500
        default: now - Int64.random(in: 0..<50, using: &random)
        }
    }

    private mutating func happen(at time: Int64) {
        let session = openLogins.keys.sorted { $0.description < $1.description }.randomElement(using: &random)
        switch (Int.random(in: 0..<20, using: &random), session) {
        case (0, _): add(.link(.lost, gapMilliseconds: nil), nil, time)
        case (1, let session?): rotate(session, time)
        case (2, _): add(.rejected(.invalid), newSession(), time)
        case (3...7, let session?): logout(session, .deleted, time)
        case (8...11, let session?): renew(session, time)
        case (12, let session?): change(session, time)
        default: login(newSession(), .created, time)
        }
    }

    private mutating func newSession() -> Fingerprint {
        keyCount += 1
        return Sample.session("key \(keyCount)")
    }

    private mutating func login(_ session: Fingerprint, _ cause: LoginCause, _ time: Int64, of user: UserID? = nil) {
        let user = user ?? Self.users.randomElement(using: &random) ?? UserID("1")
        let expiresAt = time + 1000
        let id = add(.login(userID: user, backend: "b\u{0}c", expiresAt: expiresAt, cause: cause), session, time)
        openLogins[session] = OpenLogin(id: id, userID: user, backend: "b\u{0}c", beganAt: time, expiresAt: expiresAt)
    }

    private mutating func rotate(_ session: Fingerprint, _ time: Int64) {
        guard let open = openLogins[session] else { return }
        login(newSession(), .rotated(previous: session), time, of: open.userID)
        logout(session, .rotated, time)
    }

    private mutating func logout(_ session: Fingerprint, _ reason: LogoutReason, _ time: Int64) {
        guard let open = openLogins.removeValue(forKey: session) else { return }
        add(.logout(userID: open.userID, backend: open.backend, loginID: open.id, reason: reason), session, time)
    }

    private mutating func renew(_ session: Fingerprint, _ time: Int64) {
        guard let user = openLogins[session]?.userID else { return }
        let expiresAt = Bool.random(using: &random) ? time + 5000 : nil
        openLogins[session]?.expiresAt = expiresAt
        add(.renewed(userID: user, expiresAt: expiresAt), session, time)
    }

    private mutating func change(_ session: Fingerprint, _ time: Int64) {
        guard let user = openLogins[session]?.userID else { return }
        add(.changed(userID: user, keys: ["k"]), session, time)
    }

    @discardableResult
    private mutating func add(_ kind: SessionEvent.Kind, _ subject: Fingerprint?, _ time: Int64) -> EventID {
        position = EventID(run: position.run, sequence: position.sequence + 1)
        events.append(SessionEvent(id: position, time: time, subject: subject, kind: kind))
        return position
    }
}
