/// Why a stored value is nobody's session. Holds no part of the value.
package enum DecodeError: Error, Sendable, Equatable {
    /// The value has the form of a signed one, but no key fits.
    case invalid(Why)
    /// The value is not a signed one at all, or what is signed cannot be decoded.
    case unreadable(Why)

    /// The contract's word for it: `invalid` or `unreadable`.
    package var reason: String {
        switch self {
        case .invalid: "invalid"
        case .unreadable: "unreadable"
        }
    }

    /// What is wrong.
    package var why: Why {
        switch self {
        case .invalid(let why), .unreadable(let why): why
        }
    }

    /// What is wrong with a value. The description tells a person what to try.
    package enum Why: Error, Sendable, Equatable {
        /// A whole signature, made with another key, another salt or over other bytes.
        case noKeyFits
        /// Something stands where the signature belongs that is none.
        case signatureMalformed
        /// The value has no bytes.
        case empty
        /// Neither of the two signed layouts.
        case notSigned
        /// Not signed, and it begins as a pickle or as JSON: what the cache backends store.
        case cacheValue
        /// Bytes above ASCII that are no UTF-8, which no Django reads.
        case notUTF8
        /// The time in a signed value is not in base 62.
        case badTimestamp
        /// The payload's base64 ends within a byte.
        case badBase64
        /// The payload is damaged or cut short as a stream of this format.
        case badCompression(DecodedSession.Compression)
        /// The payload is no JSON as Python reads it; the offset is in bytes from the payload's beginning.
        case badJSON(offset: Int)
        /// The payload is no MessagePack as msgpack-python reads it; the offset is in bytes from the payload's beginning.
        case badMessagePack(offset: Int)
        /// The payload is JSON, but a list, text, number, true, false or null.
        case notAnObject
        /// The payload looks like a Python pickle.
        case pickled
        /// A bound of `DecodeBounds` was reached.
        case bound(DecodeBounds.Name, limit: Int)
    }
}

extension DecodeError: CustomStringConvertible {
    package var description: String { "\(reason): \(why)" }
}

extension DecodeError.Why: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noKeyFits:
            "signed with a key that is not among the secret keys, or under another salt; compare Django's SECRET_KEY and "
                + "SECRET_KEY_FALLBACKS, and where a project has a SessionStore class of its own, give its salt"
        case .signatureMalformed:
            "where the signature belongs stands something else; the value was cut short or changed, or was not written by "
                + "Django's sessions"
        case .empty:
            "the value is empty"
        case .notSigned:
            "not a signed session in either of Django's layouts; check that the key pattern matches only sessions"
        case .cacheValue:
            "not signed; it looks like what Django's cache-backed sessions store (SESSION_ENGINE `cache` or `cached_db`)"
        case .notUTF8:
            "not text in UTF-8, so not a signed session; check that the key pattern matches only sessions"
        case .badTimestamp:
            "the signature fits, but the time it was signed is not in Django's base 62"
        case .badBase64:
            "the payload's base64 is cut short"
        case .badCompression(let format):
            "the payload's \(format.rawValue) stream is damaged or cut short"
        case .badJSON(let offset):
            "the payload is not JSON at byte \(offset); check Django's SESSION_SERIALIZER"
        case .badMessagePack(let offset):
            "the payload is no MessagePack at byte \(offset); check the cache's SERIALIZER"
        case .notAnObject:
            "the payload is JSON, but not an object, so not a session"
        case .pickled:
            "the payload looks like a pickle; only sessions of Django's JSONSerializer are read"
        case .bound(let name, let limit):
            "more than \(limit) \(name.rawValue)"
        }
    }
}
