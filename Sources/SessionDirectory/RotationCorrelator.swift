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

    private var arrivals: [SessionKey: Int64] = [:]
    private var arrivalOrder: Deque<(key: SessionKey, at: Int64)> = []
    private var groups: [RotationIdentity: Group] = [:]
    private var identityByKey: [SessionKey: RotationIdentity] = [:]
    private var due: Deque<(at: Int64, identity: RotationIdentity)> = []

    private struct Group {
        var logins: [HeldLogin] = []
        var logouts: [HeldLogout] = []
    }

    /// What a held event turned out to be.
    enum Decision {
        case login(HeldLogin, LoginCause)
        case logout(HeldLogout, LogoutReason)
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
        var decisions: [Decision] = []
        for (identity, group) in groups where group.logouts.contains(where: { $0.undecided.contains(key) }) {
            for index in group.logouts.indices { groups[identity]?.logouts[index].undecided.remove(key) }
            decisions += decide(identity, at: uptime, twins: twins)
        }
        return decisions
    }

    // MARK: Holding back

    /// Holds a login back if it may be half of a rotation; else it is to be told at once.
    mutating func holds(_ login: HeldLogin, at uptime: Int64, twins: TwinSearch) -> Bool {
        let hasPartner = groups[login.identity]?.logouts.contains { fits(login, $0) } ?? false
        guard hasPartner || twins.hasTwin(of: login), identityByKey.count < Self.heldCountMax else { return false }
        groups[login.identity, default: Group()].logins.append(login)
        note(login.key, login.identity, at: uptime)
        return true
    }

    /// Holds a logout back if it may be half of a rotation; else it is to be told at once.
    mutating func holds(_ logout: HeldLogout, at uptime: Int64) -> Bool {
        var logout = logout
        logout.undecided = Set(arrivals.filter { logout.deletedAt - $0.value <= Self.window }.keys)
        let hasPartner = groups[logout.identity]?.logins.contains { fits($0, logout) } ?? false
        guard hasPartner || !logout.undecided.isEmpty, identityByKey.count < Self.heldCountMax else { return false }
        groups[logout.identity, default: Group()].logouts.append(logout)
        note(logout.key, logout.identity, at: uptime)
        return true
    }

    private mutating func note(_ key: SessionKey, _ identity: RotationIdentity, at uptime: Int64) {
        identityByKey[key] = identity
        due.append((uptime + Self.window, identity))
    }

    private func fits(_ login: HeldLogin, _ logout: HeldLogout) -> Bool {
        (login.arrivedAt...login.arrivedAt + Self.window).contains(logout.deletedAt)
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
        let logins = group.logins.filter { $0.key == key }
        let logouts = group.logouts.filter { $0.key == key }
        remove(logins, logouts, from: identity)
        return logins.map { .login($0, .created) } + logouts.map { .logout($0, .deleted) }
    }

    /// Changes went unseen: everything that is held is told as it looks.
    mutating func releaseAll() -> [Decision] {
        let all = groups.values.flatMap { group in
            group.logins.map { Decision.login($0, .created) } + group.logouts.map { Decision.logout($0, .deleted) }
        }
        self = RotationCorrelator()
        return all
    }

    /// Decides about a held event and those that have the same to do with it, if they are certain by now.
    mutating func decide(_ identity: RotationIdentity, at uptime: Int64, twins: TwinSearch) -> [Decision] {
        guard let group = groups[identity] else { return [] }
        // While a further partner may still turn up, nothing of the group is certain.
        let mayPairLater = group.logins.contains { uptime < $0.arrivedAt + Self.window && twins.hasTwin(of: $0) }
        guard !mayPairLater, group.logouts.allSatisfy(\.undecided.isEmpty) else { return [] }
        var decisions: [Decision] = []
        for login in group.logins {
            let partners = group.logouts.filter { fits(login, $0) }
            if partners.count == 1, let partner = partners.first,
                group.logins.filter({ fits($0, partner) }).count == 1
            {
                decisions.append(.login(login, .rotated(previous: partner.session)))
                decisions.append(.logout(partner, .rotated))
            } else {
                decisions.append(.login(login, .created))
            }
        }
        for logout in group.logouts {
            let partners = group.logins.filter { fits($0, logout) }
            let isPaired =
                partners.count == 1
                && partners.allSatisfy { login in
                    group.logouts.filter { fits(login, $0) }.count == 1
                }
            if !isPaired { decisions.append(.logout(logout, .deleted)) }
        }
        remove(group.logins, group.logouts, from: identity)
        return decisions
    }

    private mutating func remove(_ logins: [HeldLogin], _ logouts: [HeldLogout], from identity: RotationIdentity) {
        let keys = Set(logins.map(\.key) + logouts.map(\.key))
        groups[identity]?.logins.removeAll { keys.contains($0.key) }
        groups[identity]?.logouts.removeAll { keys.contains($0.key) }
        for key in keys { identityByKey[key] = nil }
        if let group = groups[identity], group.logins.isEmpty, group.logouts.isEmpty { groups[identity] = nil }
    }
}

/// Looks for another live session of a login's user with the same data, which may be about to be rotated away.
struct TwinSearch {
    /// How many sessions of one user are looked at; where there are more, a twin is assumed.
    static let countMax = 32

    var live: LiveSessions
    var table: SessionTable

    func hasTwin(of held: HeldLogin) -> Bool {
        let keys = live.newestKeys(of: held.login.userID, limit: Self.countMax + 1)
        guard keys.count <= Self.countMax else { return true }
        return keys.contains { key in
            guard key != held.key, let login = table.entry(of: key)?.standing.login else { return false }
            return RotationIdentity(login) == held.identity
        }
    }
}

/// What a rotated session has in common with the one it was.
struct RotationIdentity: Hashable {
    var userID: UserID
    var backend: String
    var contentDigest: Int

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

    var identity: RotationIdentity { RotationIdentity(login) }
}
