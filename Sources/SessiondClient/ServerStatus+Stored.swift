public import Foundation

extension ServerStatus {
    /// How sessions are stored.
    ///
    /// Counts are by the names that `sessiond decode` has for them, such as `legacy`; what no session has is left out.
    public struct Stored: Hashable, Sendable, Codable {
        /// By the secret key that signed them, every configured key in its order; empty where nothing is verified.
        public let keys: [Key]
        /// By how the value is put together.
        public let layouts: [String: Int]
        /// By how the data became bytes.
        public let serializers: [String: Int]
        /// By how the bytes were made smaller.
        public let compressions: [String: Int]
        /// By how long ago they were signed, which is when they were last saved.
        public let signed: Signed

        /// A secret key's sessions.
        public struct Key: Hashable, Sendable, Codable {
            /// The key's position: 0 is SECRET_KEY, the others are its fallbacks.
            public let key: Int
            /// How many sessions are signed with it.
            public let sessions: Int
            /// The hour of the newest signature; nil where no value says when it was signed.
            public let lastSignedAt: Date?

            private enum CodingKeys: String, CodingKey {
                case key, sessions
                case lastSignedAt = "last_signed_at"
            }
        }

        /// How long ago sessions were signed, in whole hours.
        public struct Signed: Hashable, Sendable, Codable {
            /// The hour of the oldest signature, a year ago at the most; nil where no value says when it was signed.
            public let oldest: Date?
            /// Within 24 hours.
            public let withinDay: Int
            /// Within 7 days.
            public let withinWeek: Int
            /// Within 30 days.
            public let withinMonth: Int
            /// Longer ago than 30 days.
            public let older: Int
            /// Sessions whose values do not say when they were signed, such as those of the legacy layout.
            public let unknown: Int

            private enum CodingKeys: String, CodingKey {
                case oldest
                case withinDay = "within_day"
                case withinWeek = "within_week"
                case withinMonth = "within_month"
                case older, unknown
            }
        }
    }
}
