import DjangoSession
import SessionModel

/// What the cache holds of one session.
struct SessionEntry: Sendable {
    var session: Fingerprint
    var standing: Standing
    /// How the value is stored; nil for a value that could not be decoded.
    var form: StoredForm?
    /// The epoch of the subscription under which the value was last read.
    var epoch: LinkEpoch
    /// The key changed since it was read: whatever stands here is no longer believed.
    var isTouched = false
    /// When the key expires, by the monotonic clock; `Int64.max` for never.
    var deadline: Int64
    /// The same by the wall clock; nil for never. The table tells it from the deadline anew.
    var expiresAt: Int64?
    /// When the value was last seen to change, by the monotonic clock. The table does not keep it where somebody is logged in.
    var changedAt: Int64
    /// When the key was first seen, in milliseconds since 1970.
    var firstSeenAt: Int64
    /// The decoded session as `DjangoSession` renders it; nil for a value that could not be decoded, and where memory has no room.
    var data: [UInt8]?
    /// A digest of the stored bytes: an equal one means that only the expiry can have moved.
    var valueDigest: Int
    /// The event that announced the open login; nil while it is held back or owed, or nobody is logged in.
    var loginID: EventID?
    /// The login event is still to be written: ``JournalAccount``.
    var isOwed = false
    /// The last comparison with Redis that found the key, or under which it came; counted modulo 256.
    var comparison: UInt8 = 0
}

extension SessionEntry {
    /// A session that was superseded stays so until its own password hash changes.
    mutating func carrySuperseded(from before: Login) {
        guard case .authenticated(var login) = standing, login.password == before.password else { return }
        login.isSuperseded = before.isSuperseded
        standing = .authenticated(login)
    }
}

/// Whose a session is.
enum Standing: Sendable {
    case authenticated(Login)
    /// Nobody is logged in; `isEmpty` where the session holds nothing at all, as Django writes it just before a login.
    case anonymous(isEmpty: Bool)
    case rejected(RejectionReason)

    /// What a decoded session says.
    init(_ session: DecodedSession) {
        guard let userID = session.userID, let backend = session.backend else {
            self = .anonymous(isEmpty: session.isEmpty)
            return
        }
        self = .authenticated(
            Login(
                userID: UserID(userID), backend: backend, password: PasswordMark(session.authHash ?? []),
                contentDigest: SessionContent.digestWithoutPasswordHash(session.data)
            )
        )
    }

    var login: Login? {
        if case .authenticated(let login) = self { login } else { nil }
    }
}

/// Who is logged in, and what tells a rotation from a second login.
struct Login: Sendable {
    var userID: UserID
    var backend: String
    /// Of Django's `_auth_user_hash`, which changes with the password.
    var password: PasswordMark
    /// A digest of the session's data without the password hash.
    var contentDigest: UInt32
    /// A session of the same user that was first seen later has another password hash.
    var isSuperseded = false
}

/// Counts the subscriptions since the start: every reconnect opens a new one, under which nothing is proven yet.
package struct LinkEpoch: Hashable, Comparable, Sendable {
    package private(set) var number: UInt64

    init(number: UInt64) {
        self.number = number
    }

    /// Before the first subscription.
    package static let none = LinkEpoch(number: 0)

    package mutating func advance() {
        number += 1
    }

    /// The one before; ``none`` has none.
    var previous: LinkEpoch { LinkEpoch(number: max(number, 1) - 1) }

    package static func < (left: LinkEpoch, right: LinkEpoch) -> Bool {
        left.number < right.number
    }
}
