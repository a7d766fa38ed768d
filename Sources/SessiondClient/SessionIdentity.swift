public import Foundation

/// Who is behind a session key.
public enum SessionIdentity: Hashable, Sendable {
    /// Somebody who is logged in.
    case authenticated(Login)
    /// Nobody, and why.
    case nobody(Reason)

    /// The user's id where somebody is logged in.
    public var userID: String? {
        if case .authenticated(let login) = self { login.userID } else { nil }
    }

    /// A session with somebody logged in.
    public struct Login: Hashable, Sendable {
        /// The primary key of the Django user, as text.
        public let userID: String
        /// The dotted path of the authentication backend.
        public let backend: String
        /// The fingerprint of the session: SHA-256 of the key, the first 16 bytes in hex. It is no secret.
        public let session: String
        /// When the session ends unless it is renewed; nil for a key without expiry.
        public let expiresAt: Date?
        /// Most likely Django will refuse this session at its next visit, since the password was changed. A hint.
        public let isSuperseded: Bool
        /// How old the answer may be, where the daemon was allowed to answer while Redis was away.
        public let staleMilliseconds: Int?
    }

    /// Why nobody is behind a key. More reasons may come.
    public struct Reason: RawRepresentable, Hashable, Sendable, Codable {
        /// The word on the wire.
        public let rawValue: String

        /// The reason of this word.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// There is no such session.
        public static let unknown = Reason(rawValue: "unknown")
        /// A session with nobody logged in.
        public static let anonymous = Reason(rawValue: "anonymous")
        /// The signature of the stored value fits no key.
        public static let invalid = Reason(rawValue: "invalid")
        /// The stored value cannot be decoded.
        public static let unreadable = Reason(rawValue: "unreadable")
    }
}

extension SessionIdentity: Codable {
    private enum CodingKeys: String, CodingKey {
        case authenticated, reason
    }

    /// Reads the result of `session.identity`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if try container.decode(Bool.self, forKey: .authenticated) {
            self = .authenticated(try Login(from: decoder))
        } else {
            self = .nobody(try container.decode(Reason.self, forKey: .reason))
        }
    }

    /// Writes the members of the result of `session.identity`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .authenticated(let login):
            try container.encode(true, forKey: .authenticated)
            try login.encode(to: encoder)
        case .nobody(let reason):
            try container.encode(false, forKey: .authenticated)
            try container.encode(reason, forKey: .reason)
        }
    }
}

extension SessionIdentity.Login: Codable {
    private enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case backend, session
        case expiresAt = "expires_at"
        case superseded
        case staleMilliseconds = "stale_ms"
    }

    /// Reads the members that a positive answer has.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        userID = try container.decode(String.self, forKey: .userID)
        backend = try container.decode(String.self, forKey: .backend)
        session = try container.decode(String.self, forKey: .session)
        expiresAt = try container.decodeIfPresent(Date.self, forKey: .expiresAt)
        isSuperseded = try container.decodeIfPresent(Bool.self, forKey: .superseded) ?? false
        staleMilliseconds = try container.decodeIfPresent(Int.self, forKey: .staleMilliseconds)
    }

    /// Writes the members that a positive answer has.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(userID, forKey: .userID)
        try container.encode(backend, forKey: .backend)
        try container.encode(session, forKey: .session)
        try container.encode(expiresAt, forKey: .expiresAt)
        if isSuperseded {
            try container.encode(true, forKey: .superseded)
        }
        try container.encodeIfPresent(staleMilliseconds, forKey: .staleMilliseconds)
    }
}
