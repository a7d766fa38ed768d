import DjangoSession
import SessionModel
import TestSupport

@testable import SessionDirectory

/// A directory and a Redis that does what a test says, step by step: nothing is read before ``answer()``.
struct Scene: ~Copyable {
    static let secretKey = "scene"
    static let fallbackKey = "scene before"

    var machine: DirectoryStateMachine
    var effects = DirectoryEffects()
    var now = Moment(uptime: 1_000_000, wall: 1_700_000_000_000)
    private(set) var events: [SessionEvent] = []
    private(set) var answers: [UInt64: SessionAnswer] = [:]
    private(set) var milestones: [Milestone] = []
    private(set) var scansWanted = 0
    private(set) var revocables: [UInt64: Result<[SessionKey], RevocationFailure>] = [:]
    /// What is to be deleted in Redis by the machine's own wish.
    private(set) var deletions: [(key: SessionKey, byUID: UInt32)] = []
    private var stored: [SessionKey: (value: [UInt8], milliseconds: Int64?)] = [:]
    private var names: [Fingerprint: String] = [:]
    private var ticketCount: UInt64 = 0
    private var asked: [(key: SessionKey, at: Int64)] = []

    /// - Parameter isLive: whether the directory has caught up with an empty Redis.
    init(
        freshness: Freshness = Freshness(), notifications: NotificationAssurance = .verified, isTracking: Bool = false,
        limits: DirectoryLimits = DirectoryLimits(), isLive: Bool = true, verifies: Bool = true
    ) {
        let keys = SecretKey.lines(of: Array("\(Self.secretKey)\n\(Self.fallbackKey)".utf8))
        machine = DirectoryStateMachine(
            table: SessionTable(), decoder: SessionDecoder(verification: verifies ? .keys(keys) : .none),
            freshness: freshness, limits: limits
        )
        machine.journalOpened(JournalOpening(run: 7), at: now, &effects)
        machine.askingEstablished(at: now, &effects)
        guard isLive else { return }
        subscribe(notifications, isTracking: isTracking)
        catchUp()
        pong()
    }

    // MARK: The journal

    /// A login that a journal of an earlier run holds open.
    static func openLogin(_ sequence: UInt64, of user: String, expiresAt: Int64? = nil) -> OpenLogin {
        OpenLogin(
            id: EventID(run: 3, sequence: sequence), userID: UserID(user), backend: "b",
            beganAt: 1_700_000_000_000 - 1000, expiresAt: expiresAt)
    }

    /// A daemon that begins with what a journal holds open, by the names of the sessions; nothing was read yet.
    ///
    /// - Parameter isTold: the journal tells since when nobody saw anything.
    static func beginning(with logins: [String: OpenLogin], isTold: Bool = false) -> Scene {
        var scene = Scene(isLive: false)
        scene.open(
            logins, gap: JournalOpening.Gap(cause: .stopped, since: 1_700_000_000_000 - 500, isTold: isTold))
        scene.subscribe()
        return scene
    }

    /// A journal is opened that holds these logins open, by the names of their sessions.
    mutating func open(_ logins: [String: OpenLogin], gap: JournalOpening.Gap?, run: UInt64 = 8) {
        var held: [Fingerprint: OpenLogin] = [:]
        for (name, login) in logins {
            names[Fingerprint(of: Self.key(name))] = name
            held[Fingerprint(of: Self.key(name))] = login
        }
        machine.journalOpened(JournalOpening(run: run, openLogins: held, gap: gap), at: now, &effects)
        collect()
    }

    /// The logins that the events leave open, by the names of their sessions.
    var openLogins: [String: OpenLogin] {
        var open: [String: OpenLogin] = [:]
        for event in events {
            guard let name = event.subject.flatMap({ names[$0] }) else { continue }
            switch event.kind {
            case .login(let user, let backend, let expiresAt, _):
                open[name] = OpenLogin(
                    id: event.id, userID: user, backend: backend, beganAt: event.time, expiresAt: expiresAt)
            case .logout: open[name] = nil
            default: break
            }
        }
        return open
    }

    mutating func writeBacklog() {
        while machine.hasBacklogDue { machine.writeBacklog(at: now, &effects) }
        collect()
    }

    // MARK: The link

    mutating func subscribe(_ notifications: NotificationAssurance = .verified, isTracking: Bool = false) {
        machine.subscriptionEstablished(Hearing(notifications, isTracking: isTracking), at: now, &effects)
        collect()
    }

    /// Scans all that is stored and answers.
    mutating func catchUp() {
        scanAndAnswer()
        endScan()
    }

    /// As far as everything was read, but the scan has not ended.
    mutating func scanAndAnswer() {
        machine.scanStarted()
        for key in stored.keys {
            if !machine.hasRoomForKeys { answer() }
            machine.scanned([key], at: now)
        }
        answer()
    }

    mutating func endScan() {
        machine.scanEnded(at: now, &effects)
        collect()
        answer()
    }

    mutating func lose() {
        machine.subscriptionLost(cause: "lost", at: now, &effects)
        collect()
    }

    mutating func pong() {
        machine.heard(until: now.uptime, at: now, &effects)
        collect()
    }

    mutating func advance(_ milliseconds: Int64) {
        now.uptime += milliseconds
        now.wall += milliseconds
        machine.timePassed(at: now, &effects)
        collect()
    }

    // MARK: Redis

    /// A key as Django makes them.
    static func key(_ name: String) -> SessionKey {
        let digits = name.utf8.map { String(Int($0), radix: 36) }.joined()
        let padding = String(repeating: "k", count: max(0, 32 - digits.count))
        guard let key = SessionKey(padding + digits) else { preconditionFailure("a test's own key") }
        return key
    }

    /// What Django writes for a user; nil for nobody.
    static func payload(_ user: String?, hash: String = "h1", extra: String = "") -> String {
        guard let user else { return "{\(extra)}" }
        let more = extra.isEmpty ? "" : ",\(extra)"
        return #"{"_auth_user_id":"\#(user)","_auth_user_backend":"b","_auth_user_hash":"\#(hash)"\#(more)}"#
    }

    /// Stores a value without a word, as while nobody listens.
    mutating func put(
        _ name: String, _ payload: String, milliseconds: Int64? = 1_000_000, secretKey: String = secretKey
    ) {
        put(name, value: DjangoSigner(secretKey: secretKey).signing(payload), milliseconds: milliseconds)
    }

    mutating func put(_ name: String, value: [UInt8], milliseconds: Int64? = 1_000_000) {
        names[Fingerprint(of: Self.key(name))] = name
        stored[Self.key(name)] = (value, milliseconds)
    }

    /// SETEX: a value and both of its notifications.
    mutating func set(
        _ name: String, _ payload: String, milliseconds: Int64? = 1_000_000, secretKey: String = secretKey
    ) {
        set(name, value: DjangoSigner(secretKey: secretKey).signing(payload), milliseconds: milliseconds)
    }

    mutating func set(_ name: String, value: [UInt8], milliseconds: Int64? = 1_000_000) {
        put(name, value: value, milliseconds: milliseconds)
        announce(name, "set")
        if milliseconds != nil { announce(name, "expire") }
    }

    mutating func delete(_ name: String, announcedAs event: String? = "del") {
        stored[Self.key(name)] = nil
        if let event { announce(name, event) }
    }

    mutating func announce(_ name: String, _ event: String) {
        machine.keyspaceEvent(
            KeyspaceEvent(Array(event.utf8)), named: Array(event.utf8), of: Self.key(name), at: now, &effects
        )
        collect()
    }

    /// CLIENT TRACKING names a key.
    mutating func invalidate(_ name: String) {
        machine.keyInvalidated(Self.key(name), at: now, &effects)
        collect()
    }

    /// CLIENT TRACKING tells of a flush, of this database or another one.
    mutating func announceFlush() {
        machine.everythingInvalidated(at: now, &effects)
        collect()
    }

    /// Sends what is to be asked.
    mutating func ask() {
        asked += machine.takeFetches(limit: .max).map { ($0, now.uptime) }
    }

    /// Redis answers everything, until nothing is to be asked any more.
    mutating func answer() {
        ask()
        while !asked.isEmpty || answerWhole() {
            let keys = asked
            asked = []
            for (key, askedAt) in keys {
                machine.fetchCompleted(key, value(of: key, askedAt: askedAt), at: now, &effects)
            }
            collect()
            ask()
        }
    }

    /// Redis answers the questions about short values alone.
    mutating func answerShort() {
        ask()
        let keys = asked
        asked = []
        for (key, askedAt) in keys {
            machine.fetchCompleted(key, value(of: key, askedAt: askedAt), at: now, &effects)
        }
        collect()
    }

    /// Redis answers a question about one large value, if there is one, and it is decoded.
    mutating func answerWhole() -> Bool {
        guard let fetch = machine.takeWhole() else { return false }
        machine.wholeFetched(fetch, fetch.read(value(of: fetch.key, isWhole: true)), at: now, &effects)
        collect()
        ask()
        return true
    }

    /// What Redis answers at this moment.
    ///
    /// - Parameter askedAt: when it was asked, if that was earlier.
    func value(of key: SessionKey, isWhole: Bool = false, askedAt: Int64? = nil) -> StoredValue {
        let item = stored[key]
        let content: StoredValue.Content? = item.map { item in
            item.value.count > StoredValue.shortByteCount && !isWhole
                ? .long(Array(item.value.prefix(StoredValue.shortByteCount))) : .string(item.value)
        }
        return StoredValue(
            content: content ?? .absent, expiry: item?.milliseconds.map { .after(milliseconds: $0) } ?? .never,
            askedAt: askedAt ?? now.uptime)
    }

    // MARK: Revoking

    /// How many sessions a wish to end them concerns; nil where that is not known.
    mutating func revocable(_ target: RevocationTarget) -> Int? {
        revocableKeys(target)?.count
    }

    /// The sessions that a wish to end them concerns, when all was heard that had happened; nil where that is not known.
    mutating func revocableKeys(_ target: RevocationTarget) -> [SessionKey]? {
        switch machine.revocable(target, at: now) {
        case .keys(let keys): return keys
        case .unknown: return nil
        case .later(let number):
            advance(1)
            pong()
            answer()
            return try? revocables[number]?.get()
        }
    }

    /// Ends sessions. Redis deletes them, and announces it only where that is wanted.
    mutating func revoke(_ target: RevocationTarget, byUID uid: UInt32 = 7, announcedAs event: String? = "del") {
        guard let keys = revocableKeys(target) else { return }
        end(keys, byUID: uid, announcedAs: event)
    }

    /// Ends what the machine wants ended.
    mutating func endResurrected() {
        let wanted = deletions
        deletions = []
        for (key, uid) in wanted { end([key], byUID: uid, announcedAs: "del", isMarked: true) }
    }

    private mutating func end(
        _ keys: [SessionKey], byUID uid: UInt32, announcedAs event: String?, isMarked: Bool = false
    ) {
        if !isMarked { machine.revoking(keys, byUID: uid, at: now) }
        for key in keys {
            let wasThere = stored.removeValue(forKey: key) != nil
            machine.revoked(key, wasThere: wasThere, byUID: uid, at: now)
            if let event, wasThere {
                machine.keyspaceEvent(
                    KeyspaceEvent(Array(event.utf8)), named: Array(event.utf8), of: key, at: now, &effects)
            }
        }
        collect()
    }

    // MARK: Asking

    /// A lookup by way of Redis; its answer is in ``answers`` under the number that this returns.
    mutating func lookUp(
        _ name: String, confirm: Bool = false, data: DataView? = nil, askedBy uid: UInt32? = nil
    ) -> UInt64 {
        ticketCount += 1
        let wants = LookupWants(confirmation: confirm, data: data, askedBy: uid)
        let ticket = LookupTicket(number: ticketCount, wants: wants)
        machine.lookup(Self.key(name), ticket, at: now, &effects)
        collect()
        return ticketCount
    }

    /// The word for what memory answers: a user's id, a reason, or `ask`.
    func cached(_ name: String, data: DataView? = nil) -> String {
        machine.table.answer(
            for: Self.key(name), wanting: LookupWants(data: data), now: now, freshness: Freshness()
        ).map(Self.word) ?? "ask"
    }

    static func word(_ answer: SessionAnswer) -> String {
        switch answer.verdict {
        case .authenticated(let session): session.userID.text + (session.isSuperseded ? " superseded" : "")
        case .nobody(let reason): reason.rawValue
        case .unavailable: "unavailable"
        case .overloaded: "overloaded"
        }
    }

    func answer(to number: UInt64) -> String {
        answers[number].map(Self.word) ?? "none"
    }

    mutating func collect() {
        events += effects.events
        milestones += effects.milestones
        if effects.wantsScan { scansWanted += 1 }
        deletions += effects.deletions
        for (number, keys) in effects.revocables { revocables[number] = keys }
        for (ticket, answer) in effects.answers { answers[ticket.number] = answer }
        effects.removeAll()
    }

    // MARK: What was told

    /// Logins, logouts and rejections as `login created A`, in their order.
    var told: [String] {
        events.compactMap { event in
            let name = event.subject.flatMap { names[$0] } ?? "?"
            return switch event.kind {
            case .login(_, _, _, .rotated(let previous)): "login rotated \(name) from \(names[previous] ?? "?")"
            case .login(_, _, _, let cause): "login \(cause.name) \(name)"
            case .logout(_, _, _, let reason): "logout \(reason.name) \(name)"
            case .rejected(let reason): "rejected \(reason.rawValue) \(name)"
            case .userOnline(let user): "online \(user)"
            case .userOffline(let user): "offline \(user)"
            case .link(let condition, _): "link \(condition.rawValue)"
            case .renewed, .changed, .forgotten: nil
            }
        }
    }
}
