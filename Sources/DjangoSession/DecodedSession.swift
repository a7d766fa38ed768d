/// A session as a stored value holds it: who is logged in, how the value was written, and the data as JSON.
package struct DecodedSession: Sendable, Equatable {
    /// How a value is put together.
    package enum Layout: String, Sendable {
        /// `signing.dumps`, written since Django 3.1.
        case signing
        /// `base64(hmac:payload)`, written up to Django 3.0, and by 3.1 and 3.2 with `DEFAULT_HASHING_ALGORITHM = 'sha1'`.
        case legacy
        /// The bare payload, unsigned, as Django's cache-backed sessions lie in a Redis cache.
        case cache
    }

    /// How the dictionary became bytes.
    package enum Serializer: String, Sendable, CaseIterable {
        /// Django's JSONSerializer, the default since 1.6, the ujson one of redis_sessions_fork, django-redis's JSONSerializer.
        case json
        /// Python's pickle, protocols 0 to 5: Django's PickleSerializer up to 4.2, and the default in caches.
        case pickle
        /// MessagePack, by django-redis's MSGPackSerializer.
        case msgpack
    }

    /// How the bytes were made smaller.
    package enum Compression: String, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// A zlib stream (RFC 1950): in signed values where the layout says so with a point, in cache values as
        /// django-redis's ZlibCompressor writes it.
        case zlib
        /// Gzip members (RFC 1952), by django-redis's GzipCompressor.
        case gzip
        /// `.xz` or `.lzma` streams, by django-redis's LzmaCompressor.
        case lzma
        /// A frame of LZ4, by django-redis's Lz4Compressor.
        case lz4
        /// Frames of Zstandard (RFC 8878), by django-redis's ZStdCompressor.
        case zstd
    }

    /// The text of `_auth_user_id`; an integer, as Django up to 1.7 stores it, in its digits. Nil when nobody is logged in:
    /// where the id or the backend is missing, empty or of another type.
    package var userID: String?
    /// `_auth_user_backend`, a dotted path. Nil when nobody is logged in.
    package var backend: String?
    /// `_auth_user_hash` in UTF-8, since Django 1.7. Nil when nobody is logged in.
    package var authHash: [UInt8]?

    /// How the value was put together.
    package var layout: Layout
    /// How its payload was serialized.
    package var serializer: Serializer
    /// How its payload was compressed.
    package var compression: Compression

    /// Which of the keys fitted, from 0. Nil when nothing was verified.
    package var keyIndex: Int?
    /// When the value was signed, in seconds since 1970. Only in the signing layout, where the number fits.
    package var signedAt: Int64?

    /// The session as one JSON object: UTF-8, no space between tokens, no name twice, Python's other values as the tagged
    /// objects of the contract. `SessionMembers` walks it.
    package var data: [UInt8]

    /// True when the session holds no member at all: then `data` is `{}`.
    package var isEmpty: Bool { data.count == 2 }

    /// A session from its rendered data, which also says who is logged in.
    init(data: [UInt8], layout: Layout, serializer: Serializer, compression: Compression) {
        self.data = data
        self.layout = layout
        self.serializer = serializer
        self.compression = compression
        guard let user = SessionUser(in: data) else { return }
        userID = user.id
        backend = user.backend
        authHash = user.authHash
    }
}

extension DecodedSession: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Names the form, not the content.
    package var description: String {
        "DecodedSession(\(layout), \(serializer), \(data.count) bytes, \(userID == nil ? "nobody" : "somebody"))"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
