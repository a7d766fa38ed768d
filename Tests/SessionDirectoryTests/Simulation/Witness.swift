import SessionModel
import Testing

/// Knows what was true when, and holds answers and events against it.
struct Witness {
    /// Whose each session was, from when on; monotonic milliseconds.
    private var history: [SessionKey: [(since: Int64, user: UserID?)]] = [:]
    /// When each key was first written.
    private var appearances: [SessionKey: Int64] = [:]
    /// When the expiry of a key was last set, and to what.
    private var expiries: [SessionKey: (setAt: Int64, expiresAt: Int64)] = [:]
    /// When each session was last being ended at somebody's wish.
    private var revocations: [SessionKey: Int64] = [:]
    private var openLogins: [Fingerprint: (id: EventID, user: UserID)] = [:]
    private var online: Set<UserID> = []
    private var lastID: EventID?
    private(set) var faults: [String] = []
    /// Sessions were taken away without a word, and only comparing can tell: until then nobody can know.
    var isPatient = false

    mutating func fault(_ text: String) {
        faults.append(text)
    }

    mutating func observe(_ key: SessionKey, user: UserID?, at now: Int64) {
        guard history[key]?.last.map({ $0.user != user }) ?? (user != nil) else { return }
        history[key, default: []].append((now, user))
    }

    mutating func wrote(_ key: SessionKey, at now: Int64) {
        if appearances[key] == nil { appearances[key] = now }
    }

    mutating func revoking(_ key: SessionKey, at now: Int64) {
        revocations[key] = now
    }

    mutating func setExpiry(of key: SessionKey, to expiresAt: Int64?, at now: Int64) {
        expiries[key] = (now, expiresAt ?? .max)
    }

    /// What memory may say less freely than Redis.
    mutating func checkFromMemory(_ answer: SessionAnswer, for key: SessionKey, at now: Int64, freshness: Freshness) {
        switch answer.verdict {
        case .authenticated where revocations[key] == now:
            faults.append("\(key) was answered from memory while it is being ended")
        case .authenticated:
            // A deadline that has long been known ends a session at its millisecond.
            if let expiry = expiries[key], expiry.expiresAt <= now, expiry.setAt < now - freshness.stalenessMax {
                faults.append("\(key) was answered behind its deadline")
            }
        case .nobody(.anonymous):
            // Django writes a new key just before a login, and whoever has just logged in is not to be sent away.
            if let span = history[key]?.last, span.user != nil, let appeared = appearances[key],
                now - appeared <= freshness.stalenessMax
            {
                faults.append("\(key) was answered as anonymous right after a login under a new key")
            }
        default: break
        }
    }

    /// Whether `condition` held for the session's user at some moment between two times.
    private func held(
        _ key: SessionKey, from start: Int64, to end: Int64, _ condition: (UserID?) -> Bool
    ) -> Bool {
        let spans = history[key] ?? []
        if condition(nil), (spans.first?.since ?? .max) > start { return true }
        for (index, span) in spans.enumerated() {
            let until = index + 1 < spans.count ? spans[index + 1].since : .max
            if span.since <= end, until >= start, condition(span.user) { return true }
        }
        return false
    }

    mutating func check(
        _ answer: SessionAnswer, for key: SessionKey, askedAt: Int64, answeredAt: Int64, freshness: Freshness
    ) {
        switch answer.verdict {
        case .authenticated(let session):
            if !isPatient,
                !held(key, from: answeredAt - freshness.stalenessMax, to: answeredAt, { $0 == session.userID })
            {
                faults.append("\(key) was answered as user \(session.userID)'s too long after it was")
            }
        case .nobody(.anonymous):
            if !held(key, from: askedAt - freshness.stalenessMax, to: answeredAt, { $0 == nil }) {
                faults.append("\(key) was answered as anonymous, and somebody was logged in")
            }
        case .nobody:
            let isRevoked = revocations[key].map { $0 >= askedAt } ?? false
            if !isRevoked, !held(key, from: askedAt, to: answeredAt, { $0 == nil }) {
                faults.append("\(key) was answered as nobody's, and somebody was logged in")
            }
        case .unavailable, .overloaded: break
        }
    }

    /// Whoever asks for a session's data gets it.
    mutating func check(_ answer: SessionAnswer, shows wants: LookupWants) {
        guard wants.data != nil, case .authenticated = answer.verdict, answer.data == nil else { return }
        faults.append("a session was shown without its data")
    }

    mutating func check(_ event: SessionEvent) {
        if let lastID, event.id <= lastID { faults.append("ids do not rise at \(event.id)") }
        lastID = event.id
        switch event.kind {
        case .login(let user, _, _, _):
            guard let subject = event.subject else { return }
            if openLogins[subject] != nil { faults.append("a second login of \(subject)") }
            openLogins[subject] = (event.id, user)
        case .logout(let user, _, let loginID, _):
            guard let subject = event.subject else { return }
            if openLogins[subject]?.id != loginID || openLogins[subject]?.user != user {
                faults.append("a logout of \(subject) that fits no login")
            }
            openLogins[subject] = nil
        case .userOnline(let user):
            if !online.insert(user).inserted { faults.append("user \(user) came online twice") }
            if !openLogins.values.contains(where: { $0.user == user }) {
                faults.append("user \(user) is online without a login")
            }
        case .userOffline(let user):
            if online.remove(user) == nil { faults.append("user \(user) went offline twice") }
            if openLogins.values.contains(where: { $0.user == user }) {
                faults.append("user \(user) is offline with a login")
            }
        case .renewed, .changed, .rejected, .link, .forgotten: break
        }
    }

    /// When all is quiet, what the events say is what Redis holds.
    mutating func checkQuiet(_ truth: [SessionKey: UserID]) {
        let expected = Dictionary(uniqueKeysWithValues: truth.map { (Fingerprint(of: $0.key), $0.value) })
        if openLogins.mapValues(\.user) != expected {
            faults.append("the events leave \(openLogins.count) sessions logged in, Redis holds \(expected.count)")
        }
        if online != Set(truth.values) {
            faults.append("users online by the events: \(online.count), in Redis: \(Set(truth.values).count)")
        }
    }
}
