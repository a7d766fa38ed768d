import DequeModule
import SessionModel

/// Tells a session that got a new key from one user who logs in and another who logs out.
///
/// When a password changes, Django copies the session to a new key C, deletes the old key B, and writes C again:
/// ```
///   C set   C expire   B del   C set   C expire
///   │◀──── at most 250 ms ──▶│
/// ```
/// Seen one by one that is a login and a logout. So a login whose data equals another session's of the same user, and
/// the deletion of a session while new keys are still unread, are held back for that window. A pair is a rotation when
/// C's first value has B's user, backend and data but for the password hash, and neither fits anything else. What
/// finds no partner is what it looked like. Only events wait here: lookups never do.
struct RotationCorrelator {
    /// How long a new key's first notification may precede the old key's deletion, in milliseconds.
    static let window: Int64 = 250
    /// How many events are held back at most; beyond that they are told as they look.
    static let heldCountMax = 1024
    /// How many that have the same to do with each other are held back at most; with more, no pair is certain anyway.
    static let groupCountMax = 32

    private var arrivals: [SessionKey: Int64] = [:]
    private var arrivalOrder: Deque<(key: SessionKey, at: Int64)> = []
    private var groups: [RotationIdentity: Group] = [:]
    private var identityByKey: [SessionKey: RotationIdentity] = [:]
    private var due: Deque<(at: Int64, identity: RotationIdentity)> = []
    private var heldNumber: UInt64 = 0

    /// Held events that may be halves of one rotation. One that was told stays as long as another that waits counts it
    /// among its candidates.
    private struct Group {
        var logins: [HeldLogin] = []
        var logouts: [HeldLogout] = []

        var count: Int { logins.count + logouts.count }

        func logoutIndices(fitting login: HeldLogin) -> [Int] {
            logouts.indices.filter { RotationCorrelator.fits(login, logouts[$0]) }
        }

        func loginIndices(fitting logout: HeldLogout) -> [Int] {
            logins.indices.filter { RotationCorrelator.fits(logins[$0], logout) }
        }
    }

    /// What a held event turned out to be.
    enum Decision {
        case login(HeldLogin, LoginCause)
        case logout(HeldLogout, LogoutReason)

        var key: SessionKey {
            switch self {
            case .login(let login, _): login.key
            case .logout(let logout, _): logout.key
            }
        }
    }

    /// When ``expire(at:twins:)`` is to be called next; monotonic clock, milliseconds.
    var nextDeadline: Int64? { due.first?.at }

    // MARK: New keys

    /// A key that was unknown has been notified.
    mutating func keyAppeared(_ key: SessionKey, at uptime: Int64) {
        while let first = arrivalOrder.first, first.at < uptime - Self.window {
            arrivalOrder.removeFirst()
            if arrivals[first.key] == first.at { arrivals[first.key] = nil }
        }
        guard arrivals[key] == nil, arrivals.count < Self.heldCountMax else { return }
        arrivals[key] = uptime
        arrivalOrder.append((key, uptime))
    }

    /// When a new key whose value was not read yet was first notified; nil where that is too long ago to matter.
    func arrival(of key: SessionKey, at uptime: Int64) -> Int64? {
        arrivals[key].flatMap { uptime - $0 <= Self.window ? $0 : nil }
    }

    /// A new key's first value has been read, and if it is a login it was offered; or the key is gone again.
    mutating func keyDecided(_ key: SessionKey, at uptime: Int64, twins: TwinSearch) -> [Decision] {
        guard arrivals.removeValue(forKey: key) != nil else { return [] }
        let waiting = groups.filter { $0.value.logouts.contains { $0.undecided.contains(key) } }
        var decisions: [Decision] = []
        for (identity, group) in waiting.sorted(by: { $0.value.logouts[0].number < $1.value.logouts[0].number }) {
            for index in group.logouts.indices { groups[identity]?.logouts[index].undecided.remove(key) }
            decisions += decide(identity, at: uptime, twins: twins)
        }
        return decisions
    }

    // MARK: Holding back

    /// Holds a login back if it may be half of a rotation; else it is to be told at once.
    mutating func holds(_ login: HeldLogin, at uptime: Int64, twins: TwinSearch) -> Bool {
        let hasPartner = groups[login.identity]?.logouts.contains { !$0.isTold && Self.fits(login, $0) } ?? false
        guard hasPartner || twins.hasTwin(of: login), hasRoom(for: login.identity) else { return false }
        var login = login
        login.number = note(login.key, login.identity, at: uptime)
        groups[login.identity, default: Group()].logins.append(login)
        return true
    }

    /// Holds a logout back if it may be half of a rotation; else it is to be told at once.
    mutating func holds(_ logout: HeldLogout, at uptime: Int64) -> Bool {
        var logout = logout
        logout.undecided = Set(arrivals.filter { logout.deletedAt - $0.value <= Self.window }.keys)
        let hasPartner = groups[logout.identity]?.logins.contains { !$0.isTold && Self.fits($0, logout) } ?? false
        guard hasPartner || !logout.undecided.isEmpty, hasRoom(for: logout.identity) else { return false }
        logout.number = note(logout.key, logout.identity, at: uptime)
        groups[logout.identity, default: Group()].logouts.append(logout)
        return true
    }

    private func hasRoom(for identity: RotationIdentity) -> Bool {
        identityByKey.count < Self.heldCountMax && groups[identity]?.count ?? 0 < Self.groupCountMax
    }

    /// - Returns: which held event this is.
    private mutating func note(_ key: SessionKey, _ identity: RotationIdentity, at uptime: Int64) -> UInt64 {
        identityByKey[key] = identity
        due.append((uptime + Self.window, identity))
        heldNumber += 1
        return heldNumber
    }

    private static func fits(_ login: HeldLogin, _ logout: HeldLogout) -> Bool {
        login.key != logout.key && (login.arrivedAt...login.arrivedAt + window).contains(logout.deletedAt)
    }

    // MARK: Deciding

    /// Decides what has waited long enough.
    mutating func expire(at uptime: Int64, twins: TwinSearch) -> [Decision] {
        var decisions: [Decision] = []
        while let first = due.first, first.at <= uptime {
            due.removeFirst()
            guard let group = groups[first.identity] else { continue }
            for index in group.logouts.indices where group.logouts[index].deletedAt + Self.window <= uptime {
                groups[first.identity]?.logouts[index].undecided = []
            }
            decisions += decide(first.identity, at: uptime, twins: twins)
        }
        return decisions
    }

    /// Something else happens to this key: what is held of it is told now, as it looks.
    mutating func release(_ key: SessionKey) -> [Decision] {
        guard let identity = identityByKey.removeValue(forKey: key), let group = groups[identity] else { return [] }
        groups[identity]?.logins.removeAll { $0.key == key && !$0.isTold }
        groups[identity]?.logouts.removeAll { $0.key == key && !$0.isTold }
        sweep(identity)
        return Self.asTheyLook(
            group.logins.filter { $0.key == key && !$0.isTold }, group.logouts.filter { $0.key == key && !$0.isTold }
        )
    }

    /// Changes went unseen: everything that is held is told as it looks.
    mutating func releaseAll() -> [Decision] {
        let logins = groups.values.flatMap(\.logins).filter { !$0.isTold }
        let logouts = groups.values.flatMap(\.logouts).filter { !$0.isTold }
        self = RotationCorrelator()
        return Self.asTheyLook(logins, logouts)
    }

    /// Each for itself, in the order in which they were held back.
    private static func asTheyLook(_ logins: [HeldLogin], _ logouts: [HeldLogout]) -> [Decision] {
        let numbered =
            logins.map { ($0.number, Decision.login($0, .created)) }
            + logouts.map { ($0.number, Decision.logout($0, .deleted)) }
        return numbered.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Decides about those of a held event's group that are certain by now; for the others a candidate may yet turn up.
    mutating func decide(_ identity: RotationIdentity, at uptime: Int64, twins: TwinSearch) -> [Decision] {
        guard var group = groups[identity] else { return [] }
        var decisions: [Decision] = []
        let hasAllLogouts = group.logins.map { login in
            login.isTold || login.arrivedAt + Self.window <= uptime || !twins.hasTwin(of: login)
        }
        for index in group.logins.indices where hasAllLogouts[index] && !group.logins[index].isTold {
            let partners = group.logoutIndices(fitting: group.logins[index])
            guard partners.allSatisfy({ group.logouts[$0].undecided.isEmpty }) else { continue }
            group.logins[index].isTold = true
            let partner = partners.first.map { group.logouts[$0] }
            guard let partner, !partner.isTold, partners.count == 1, group.loginIndices(fitting: partner).count == 1
            else {
                decisions.append(.login(group.logins[index], .created))
                continue
            }
            group.logouts[partners[0]].isTold = true
            decisions.append(.login(group.logins[index], .rotated(previous: partner.session)))
            decisions.append(.logout(partner, .rotated))
        }
        for index in group.logouts.indices where !group.logouts[index].isTold {
            let logout = group.logouts[index]
            let partners = group.loginIndices(fitting: logout)
            // A pair of two that have no other candidate was told above.
            guard logout.undecided.isEmpty, partners.count != 1 || hasAllLogouts[partners[0]] else { continue }
            group.logouts[index].isTold = true
            decisions.append(.logout(logout, .deleted))
        }
        for decision in decisions { identityByKey[decision.key] = nil }
        groups[identity] = group
        sweep(identity)
        return decisions
    }

    /// Drops what was told and is nobody's candidate any more.
    private mutating func sweep(_ identity: RotationIdentity) {
        guard let group = groups[identity] else { return }
        var rest = Group()
        rest.logins = group.logins.filter { login in
            !login.isTold || group.logouts.contains { !$0.isTold && Self.fits(login, $0) }
        }
        rest.logouts = group.logouts.filter { logout in
            !logout.isTold || group.logins.contains { !$0.isTold && Self.fits($0, logout) }
        }
        groups[identity] = rest.count == 0 ? nil : rest
    }
}

/// Looks for another live session of a login's user with the same data, which may be about to be rotated away.
struct TwinSearch {
    /// How many sessions of one user are looked at; where there are more, a twin is assumed.
    static let countMax = 32

    var table: SessionTable

    func hasTwin(of held: HeldLogin) -> Bool {
        let places = table.newestSessions(of: held.login.userID, limit: Self.countMax + 1)
        guard places.count <= Self.countMax else { return true }
        let own = table.place(of: held.key)
        return places.contains { place in
            guard place != own, let login = table.entry(at: place)?.standing.login else { return false }
            return RotationIdentity(login) == held.identity
        }
    }
}

/// What a rotated session has in common with the one it was.
struct RotationIdentity: Hashable {
    var userID: UserID
    var backend: String
    var contentDigest: UInt32

    init(_ login: Login) {
        userID = login.userID
        backend = login.backend
        contentDigest = login.contentDigest
    }
}

/// A login that is not told yet.
struct HeldLogin {
    var key: SessionKey
    var session: Fingerprint
    var login: Login
    var expiresAt: Int64?
    /// The key's first notification, by the monotonic clock.
    var arrivedAt: Int64
    /// When it occurred, in milliseconds since 1970.
    var time: Int64
    /// Counts the held events.
    var number: UInt64 = 0
    var isTold = false

    var identity: RotationIdentity { RotationIdentity(login) }
}

/// A logout that is not told yet.
struct HeldLogout {
    var key: SessionKey
    var session: Fingerprint
    var login: Login
    var loginID: EventID
    /// When the deletion was announced, by the monotonic clock.
    var deletedAt: Int64
    /// When it occurred, in milliseconds since 1970.
    var time: Int64
    /// New keys that may turn out to be its successor.
    var undecided: Set<SessionKey> = []
    /// Counts the held events.
    var number: UInt64 = 0
    var isTold = false

    var identity: RotationIdentity { RotationIdentity(login) }
}
