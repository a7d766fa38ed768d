import DjangoSession
import SessionModel

/// What Redis answered for a key, verified and decoded: all the work that grows with the value is done.
package struct ReadValue: Sendable {
    var content: Content
    /// A digest of the stored bytes.
    var valueDigest: Int
    var expiry: StoredValue.Expiry
    var askedAt: Int64
    /// How many bytes were read, where it was read whole.
    var byteCount = 0
    /// Which members differ from those of the entry that ``WholeFetch`` began with; nil where that was not looked at.
    var changedNames: [String]?

    enum Content {
        case absent
        /// The bytes are those that the entry was made from: only the expiry can have moved.
        case unchanged
        case session(DecodedSession, Standing)
        case rejected(RejectionReason, DecodeError.Why?)
    }

    init(_ content: Content, valueDigest: Int = 0, of value: StoredValue) {
        self.content = content
        self.valueDigest = valueDigest
        expiry = value.expiry
        askedAt = value.askedAt
    }
}

extension ReadValue.Content {
    init(decoding bytes: [UInt8], by decoder: SessionDecoder) {
        do throws(DecodeError) {
            let session = try decoder.decode(bytes)
            self = .session(session, Standing(session))
        } catch {
            self = .rejected(error)
        }
    }

    static func rejected(_ error: DecodeError) -> Self {
        if case .invalid = error { .rejected(.invalid, nil) } else { .rejected(.unreadable, error.why) }
    }
}
