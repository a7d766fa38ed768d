public import Foundation

/// A page of the live sessions, in no order that means anything.
public struct SessionPage: Hashable, Sendable, Codable {
    /// The sessions of this page.
    public let sessions: [Entry]
    /// What to give as `after` for the next page; nil on the last one.
    public let next: String?
    /// The id of the newest event: events after it tell what changed since this page was made.
    public let position: String

    /// One session.
    public struct Entry: Hashable, Sendable, Codable {
        /// The fingerprint of the session.
        public let session: String
        /// The primary key of the Django user, as text.
        public let userID: String
        /// The dotted path of the authentication backend.
        public let backend: String
        /// When the session ends unless it is renewed; nil for a key without expiry.
        public let expiresAt: Date?
        /// When the daemon first saw this session logged in.
        public let firstSeenAt: Date

        private enum CodingKeys: String, CodingKey {
            case session
            case userID = "user_id"
            case backend
            case expiresAt = "expires_at"
            case firstSeenAt = "first_seen_at"
        }
    }
}
