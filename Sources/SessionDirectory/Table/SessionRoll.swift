import SessionModel

/// What the writer keeps of all sessions together: whose they are, and the values that many share.
struct SessionRoll: ~Copyable {
    /// For each user the place of the session that is listed first.
    var users = PlaceIndex()
    /// How many sessions have somebody logged in.
    var liveCount = 0
    private var backends = Interner<String>(numberMax: Int(UInt8.max))
    private var forms = Interner<StoredForm>(numberMax: Int(UInt16.max) - 1)
    /// Runs of the events that announced open logins.
    private var runs = Interner<UInt64>(numberMax: Int(UInt16.max))

    /// How many values are shared, of each kind; for tests.
    var sharedCounts: [Int] { [backends.count, forms.count, runs.count] }

    /// An entry as a record.
    struct Packed {
        var record: PackedSession
        var upkeep: SessionUpkeep
    }

    /// The record of an entry; nil where it does not fit into one.
    mutating func pack(_ entry: SessionEntry, _ key: SessionKey) -> Packed? {
        guard PackedKey(key.bytes.span.bytes) != nil,
            entry.deadline == .max || entry.deadline <= PackedSession.latestDeadline
        else { return nil }
        var packed = Packed(record: PackedSession(outlineOf: entry), upkeep: SessionUpkeep(outlineOf: entry))
        guard pack(entry.standing, entry.changedAt, into: &packed) else { return nil }
        guard pack(entry.form, entry.loginID, into: &packed) else {
            if packed.record.standing == .authenticated { backends.release(Int(packed.record.backend)) }
            return nil
        }
        return packed
    }

    private mutating func pack(_ standing: Standing, _ changedAt: Int64, into packed: inout Packed) -> Bool {
        switch standing {
        case .authenticated(let login):
            guard let userID = PackedUserID(login.userID), let backend = backends.intern(login.backend) else {
                return false
            }
            packed.record.userID = userID
            packed.record.backend = UInt8(backend)
            packed.record.isSuperseded = login.isSuperseded
            packed.upkeep.password = login.password
            packed.upkeep.contentDigest = login.contentDigest
        case .anonymous(let isEmpty):
            packed.record.changedAt = changedAt
            packed.upkeep.isEmpty = isEmpty
        case .rejected:
            packed.record.changedAt = changedAt
        }
        return true
    }

    private mutating func pack(_ form: StoredForm?, _ loginID: EventID?, into packed: inout Packed) -> Bool {
        if let form {
            guard let number = forms.intern(form) else { return false }
            packed.upkeep.form = UInt16(number + 1)
        }
        guard let loginID else { return true }
        if let run = runs.intern(loginID.run) {
            packed.upkeep.loginID = SessionUpkeep.Login(sequence: loginID.sequence, run: UInt16(run))
            if packed.upkeep.loginID != nil { return true }
            runs.release(run)
        }
        if packed.upkeep.form != 0 { forms.release(Int(packed.upkeep.form) - 1) }
        return false
    }

    /// A record that was packed is no more.
    mutating func release(_ record: PackedSession, _ upkeep: SessionUpkeep) {
        guard !record.isOutsized else { return }
        if record.standing == .authenticated { backends.release(Int(record.backend)) }
        if upkeep.form != 0 { forms.release(Int(upkeep.form) - 1) }
        if let login = upkeep.loginID { runs.release(Int(login.run)) }
    }

    /// How a session is stored.
    func form(_ upkeep: SessionUpkeep) -> StoredForm? {
        upkeep.form == 0 ? nil : forms[Int(upkeep.form) - 1]
    }

    /// All sessions of a form are stored in another one, or in none that is known.
    ///
    /// - Returns: for each ``SessionUpkeep/form`` the one that stands in its place.
    mutating func replaceForms(_ replacement: (StoredForm) -> StoredForm?) -> [UInt16] {
        [0] + forms.replace(replacement).map { number in number.map { UInt16($0 + 1) } ?? 0 }
    }

    /// The event that announced the open login.
    func loginID(_ upkeep: SessionUpkeep) -> EventID? {
        upkeep.loginID.flatMap { login in
            runs[Int(login.run)].map { EventID(run: $0, sequence: login.sequence) }
        }
    }
}

extension PackedSession {
    /// What is told of an entry in its record whether it fits or not.
    fileprivate init(outlineOf entry: SessionEntry) {
        self = .vacant
        isVacant = false
        session = entry.session
        epoch = EpochTag(entry.epoch)
        deadline = entry.deadline
        isTouched = entry.isTouched
        standing =
            switch entry.standing {
            case .authenticated: .authenticated
            case .anonymous: .anonymous
            case .rejected(.invalid): .invalid
            case .rejected(.unreadable): .unreadable
            }
    }

    /// The record of an entry that does not fit.
    init(outsized entry: SessionEntry) {
        self.init(outlineOf: entry)
        isOutsized = true
    }
}

extension SessionUpkeep {
    /// What is told of an entry in its record whether it fits or not.
    init(outlineOf entry: SessionEntry) {
        firstSeenAt = entry.firstSeenAt
        valueDigest = entry.valueDigest
        isOwed = entry.isOwed
        comparison = entry.comparison
    }
}
