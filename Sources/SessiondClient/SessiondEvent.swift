public import Foundation

/// Something that happened to a session, a user or the link to Redis: a CloudEvent.
public struct SessiondEvent: Hashable, Sendable {
    /// The id, which is also the position to resume after. Compared bytewise, ids grow.
    public let id: String
    /// The journal that it is of, `urn:uuid:…`.
    public let source: String
    /// What happened.
    public let type: TypeName
    /// When it occurred. May run backwards from one event to the next.
    public let time: Date
    /// The fingerprint of the session; nil for events of a user or of the link.
    public let subject: String?
    /// What belongs to the type.
    public let details: Details
    /// The whole event as its JSON text, with what this client does not know.
    public let json: [UInt8]

    /// `time` as RFC 3339 in UTC with milliseconds, as on the wire.
    public var timeText: String {
        Wire.text(time)
    }

    /// The type of an event. More types may come.
    public struct TypeName: RawRepresentable, Hashable, Sendable, Codable {
        /// The name on the wire.
        public let rawValue: String

        /// The type of this name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A session became somebody's.
        public static let login = TypeName(rawValue: "dev.sessiond.login")
        /// A session stopped being somebody's.
        public static let logout = TypeName(rawValue: "dev.sessiond.logout")
        /// A user's first session appeared.
        public static let userOnline = TypeName(rawValue: "dev.sessiond.user.online")
        /// A user's last session ended.
        public static let userOffline = TypeName(rawValue: "dev.sessiond.user.offline")
        /// The expiry moved. Sent only to those who name the type.
        public static let renewed = TypeName(rawValue: "dev.sessiond.renewed")
        /// The session's data changed. Sent only to those who name the type.
        public static let changed = TypeName(rawValue: "dev.sessiond.changed")
        /// A stored value turned bad.
        public static let rejected = TypeName(rawValue: "dev.sessiond.rejected")
        /// The link to Redis was lost or is back, or the journal could not be written or can again.
        public static let link = TypeName(rawValue: "dev.sessiond.link")
        /// What the journal held of a user was erased.
        public static let forgotten = TypeName(rawValue: "dev.sessiond.forgotten")
        /// What is left of an event that was erased.
        public static let erased = TypeName(rawValue: "dev.sessiond.erased")
    }

    /// The members of the event's `data`, as far as they belong to its type.
    public struct Details: Hashable, Sendable, Codable {
        /// The primary key of the Django user, as text.
        public let userID: String?
        /// The dotted path of the authentication backend.
        public let backend: String?
        /// When the session ends unless it is renewed; nil also for a key without expiry.
        public let expiresAt: Date?
        /// How a login came about: `created`, `upgraded`, `switched`, `rotated`, `resurrected`, `discovered`. Inferred.
        public let cause: String?
        /// The fingerprint that a rotated session had before.
        public let previousSession: String?
        /// The id of the login that a logout ends.
        public let loginID: String?
        /// Why a session ended, or why a value was rejected. Inferred.
        public let reason: String?
        /// The names of the members of the session that changed.
        public let keys: [String]?
        /// Whether the link is `lost` or `live`, or the journal is `journal_lost` or `journal_live`.
        public let state: String?
        /// How long nothing was heard of Redis; nil while it lasts.
        public let gapSeconds: Double?
        /// How many events were erased.
        public let events: Int?
        /// The uid of whoever asked for it.
        public let byUID: Int?
        /// SHA-256 of the ids of the events that were erased, one behind the other in their order, in hexadecimal.
        public let digest: String?
        /// The type that an event had before it was erased.
        public let type: String?
        /// The id of the event that tells of the erasing.
        public let forgottenID: String?

        private enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case backend
            case expiresAt = "expires_at"
            case cause
            case previousSession = "previous_session"
            case loginID = "login_id"
            case reason, keys, state, events, digest, type
            case gapSeconds = "gap_seconds"
            case byUID = "by_uid"
            case forgottenID = "forgotten_id"
        }
    }

    private struct Members: Decodable {
        let id: String
        let source: String
        let type: TypeName
        let time: Date
        let subject: String?
        let data: Details
    }

    /// The event of a CloudEvent's text.
    init(json: ArraySlice<UInt8>) throws(SessiondClientError) {
        let members = try Wire.decode(Members.self, from: json, "an event")
        id = members.id
        source = members.source
        type = members.type
        time = members.time
        subject = members.subject
        details = members.data
        self.json = Array(json)
    }
}
