/// Why a stored value is nobody's session. Of the value it holds at most the name of a class that a pickle gives.
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
        /// Not signed, and it looks like what the cache backends store.
        case cacheValue
        /// Signed, where a value of the cache backends is expected.
        case signedValue
        /// An integer, as caches store counters.
        case counter
        /// Written as the version that was asked for does not read it, though others may; nil for none at all.
        case notReadBy(DjangoVersion?, Writing)
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
        /// The payload can be read, but is no dictionary.
        case notAnObject
        /// The payload is a pickle, where another serializer was asked for.
        case pickled
        /// The payload is no pickle as Python reads it; the offset of the opcode is in bytes from the payload's beginning.
        case badPickle(offset: Int)
        /// The payload is a pickle that wants more than data.
        case unsafePickle(PickleHazard)
        /// A dictionary or a set has a key that Python cannot hash.
        case unhashableKey
        /// A bound of `DecodeBounds` was reached.
        case bound(DecodeBounds.Name, limit: Int)
    }
}

extension DecodeError {
    /// A way of writing that some versions of Django read.
    package enum Writing: String, Sendable {
        case legacy = "in the layout of Django up to 3.0"
        case legacyCookie = "in a layout that signed cookies never had"
        case signing = "in the layout of Django from 3.1 on"
        case sha1 = "with a signature by SHA-1"
        case sha256 = "with a signature by SHA-256"
        case json = "as JSON"
    }

    /// What a pickle wants beside data. Python would do it; here it is an error. Names are those that the pickle gives.
    package enum PickleHazard: Sendable, Equatable {
        /// A call of something that is not on the list of constructors, or with arguments that they do not take.
        case call(String)
        /// A class or function as a value.
        case classAsValue(String)
        /// A class by what cannot be its name.
        case misnamedClass
        /// A class that the version of Django does not have.
        case unknownClass(String)
        /// An object that lies elsewhere (PERSID).
        case persistentID
        /// A class by a number of `copyreg`'s registry (EXT1).
        case extensionCode
        /// Bytes that lie elsewhere (NEXT_BUFFER).
        case outOfBandBuffer
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
            "not signed; it looks like a cache value, as SESSION_ENGINE `cache` and `cached_db` store them: try --encoding cache"
        case .signedValue:
            "it looks like a signed session, not like a cache value: try --encoding signed"
        case .counter:
            "an integer, as a cache stores a counter, so not a session; check that the key pattern matches only sessions"
        case .notReadBy(let version?, let writing) where writing != .legacyCookie:
            "written \(writing.rawValue), which Django \(version) does not read; try --django any"
        case .notReadBy(_, let writing):
            "written \(writing.rawValue), which no Django reads"
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
            "the payload can be read, but is not a dictionary, so not a session"
        case .pickled:
            "the payload looks like a pickle; compare --serializer with Django's SESSION_SERIALIZER"
        case .badPickle(let offset):
            "the payload is not a pickle at byte \(offset); check Django's SESSION_SERIALIZER, or the cache's SERIALIZER"
        case .unsafePickle(let hazard):
            "the pickle holds more than data: \(hazard); nothing of it was done"
        case .unhashableKey:
            "a dictionary or set in the payload has a key that Python cannot hash"
        case .bound(let name, let limit):
            "more than \(limit) \(name.rawValue)"
        }
    }
}

extension DecodeError.PickleHazard: CustomStringConvertible {
    package var description: String {
        switch self {
        case .call(let name): "it calls \(Self.shown(name)) in a way that only running Python code could carry out"
        case .classAsValue(let name): "\(Self.shown(name)) stands as a value"
        case .misnamedClass: "it names a class by what cannot be a name"
        case .unknownClass(let name): "this Django has no \(Self.shown(name))"
        case .persistentID: "it refers to an object outside of it (PERSID)"
        case .extensionCode: "it names a class by a number (EXT)"
        case .outOfBandBuffer: "it refers to bytes outside of it (NEXT_BUFFER)"
        }
    }

    /// A name, where it is one: whoever wrote the pickle chose it.
    private static func shown(_ name: String) -> String {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isName && !name.isEmpty && name.utf8.count <= 120 ? name : "something"
    }
}
