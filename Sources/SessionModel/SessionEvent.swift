/// Something that happened to a session, a user or the link, numbered for good.
package struct SessionEvent: Sendable, Equatable {
    package var id: EventID
    /// When it occurred, in milliseconds since 1970. May run backwards from event to event; ids do not.
    package var time: Int64
    /// The session it is about; nil for events of a user or of the link.
    package var subject: Fingerprint?
    package var kind: Kind

    package init(id: EventID, time: Int64, subject: Fingerprint?, kind: Kind) {
        self.id = id
        self.time = time
        self.subject = subject
        self.kind = kind
    }

    package enum Kind: Sendable, Equatable {
        /// A session became somebody's. `expiresAt`: milliseconds since 1970, nil for a key without expiry.
        case login(userID: UserID, backend: String, expiresAt: Int64?, cause: LoginCause)
        /// It stopped being theirs. `loginID` names the login event that this one ends.
        case logout(userID: UserID, backend: String, loginID: EventID, reason: LogoutReason)
        case userOnline(UserID)
        case userOffline(UserID)
        case renewed(userID: UserID, expiresAt: Int64?)
        /// `keys`: names of top-level members that were added, removed or changed.
        case changed(userID: UserID, keys: [String])
        case rejected(RejectionReason)
        /// `gapMilliseconds`: how long nothing was heard of Redis, or nothing was written; nil while it lasts.
        case link(LinkCondition, gapMilliseconds: Int64?)
        /// What the journal held of a user was erased.
        case forgotten(Forgetting)
    }
}

/// How a session became somebody's. Inferred: the contract's rules stand in `Protocols/events.md`.
package enum LoginCause: Sendable, Equatable {
    case created, upgraded, switched, resurrected, discovered
    case rotated(previous: Fingerprint)

    package var name: String {
        switch self {
        case .created: "created"
        case .upgraded: "upgraded"
        case .switched: "switched"
        case .resurrected: "resurrected"
        case .discovered: "discovered"
        case .rotated: "rotated"
        }
    }
}

/// How a session stopped being somebody's.
package enum LogoutReason: Sendable, Equatable {
    case deleted, expired, evicted, flushed, cleared, switched, rotated, invalid, unreadable, missing
    /// Somebody had this daemon end it.
    case revoked(byUID: UInt32)

    package var name: String {
        switch self {
        case .deleted: "deleted"
        case .expired: "expired"
        case .evicted: "evicted"
        case .flushed: "flushed"
        case .cleared: "cleared"
        case .switched: "switched"
        case .rotated: "rotated"
        case .invalid: "invalid"
        case .unreadable: "unreadable"
        case .missing: "missing"
        case .revoked: "revoked"
        }
    }
}

/// Why a stored value logs nobody in.
package enum RejectionReason: String, Sendable {
    /// The signature fits no key.
    case invalid
    /// The value cannot be decoded.
    case unreadable
}

/// The erasing of what a journal held of a user.
package struct Forgetting: Sendable, Equatable {
    /// Whose events are erased; never written anywhere.
    package var userID: UserID
    /// Who asked for it.
    package var byUID: UInt32
    /// How many events were erased; known when it is done.
    package var eventCount = 0
    /// SHA-256 of what is left of the last of them, in hexadecimal; nil until it is done, and where nothing is left.
    package var digest: String?

    package init(userID: UserID, byUID: UInt32) {
        self.userID = userID
        self.byUID = byUID
    }
}

/// What a link event announces.
package enum LinkCondition: String, Sendable {
    /// The link to Redis.
    case lost, live
    /// The journal could not be written, or can again.
    case journalLost = "journal_lost"
    case journalLive = "journal_live"
}

/// The `type` of an event, as subscribers name it.
package enum EventType: String, Sendable, CaseIterable {
    case login = "dev.sessiond.login"
    case logout = "dev.sessiond.logout"
    case userOnline = "dev.sessiond.user.online"
    case userOffline = "dev.sessiond.user.offline"
    case renewed = "dev.sessiond.renewed"
    case changed = "dev.sessiond.changed"
    case rejected = "dev.sessiond.rejected"
    case link = "dev.sessiond.link"
    case forgotten = "dev.sessiond.forgotten"
    /// What is left of an event whose user was forgotten. No event comes with this type; it gets it.
    case erased = "dev.sessiond.erased"

    /// The name without `dev.sessiond.`.
    package var shortName: String { String(rawValue.dropFirst("dev.sessiond.".count)) }

    /// The frequent types: kept apart so that they never push logins and logouts out of a bounded journal, and sent
    /// only to subscribers who name them.
    package static let activity: Set<EventType> = [.renewed, .changed]
}

extension SessionEvent {
    package var type: EventType {
        switch kind {
        case .login: .login
        case .logout: .logout
        case .userOnline: .userOnline
        case .userOffline: .userOffline
        case .renewed: .renewed
        case .changed: .changed
        case .rejected: .rejected
        case .link: .link
        case .forgotten: .forgotten
        }
    }

    /// The user it is about, if any.
    package var userID: UserID? {
        switch kind {
        case .login(let userID, _, _, _), .logout(let userID, _, _, _), .userOnline(let userID),
            .userOffline(let userID), .renewed(let userID, _), .changed(let userID, _):
            userID
        case .rejected, .link, .forgotten: nil
        }
    }
}
