/// What Redis answered for one session key: its value and its time to live, asked one after the other.
package struct StoredValue: Sendable, Equatable {
    package var content: Content
    package var expiry: Expiry
    /// When the question was sent, by the monotonic clock in milliseconds. The answer is at least as new.
    package var askedAt: Int64

    package init(content: Content, expiry: Expiry, askedAt: Int64) {
        self.content = content
        self.expiry = expiry
        self.askedAt = askedAt
    }

    package enum Content: Sendable, Equatable {
        case string([UInt8])
        /// The first bytes of a string that was not read whole: of a length that takes its time.
        case long([UInt8])
        case absent
        /// A hash, a list or another type that is no session, or a string that is longer than any session.
        case otherType
    }

    /// A longer string is read whole only where it is asked for by itself, in bytes.
    package static let shortByteCount = 64 << 10

    package enum Expiry: Sendable, Equatable {
        case never
        /// Milliseconds from some time between the question and its answer.
        case after(milliseconds: Int64)
    }
}
