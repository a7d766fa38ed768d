/// Turns the bytes that Django stored into a session.
///
/// ```
///   value ──▶ SignedReader: SigningLayout, LegacyLayout, SessionVerifier ─┐            ┌─ PythonJSON ──┐
///         or  CacheReader: Zlib, Gzip, LZMA, LZ4, Zstandard ─────────────┴─▶ payload ─┼─ Pickle ──────┼─▶ Rendering ──▶ session
///                                                                                      └─ MessagePack ─┘
/// ```
/// A value: cheap to copy, to be used on any thread. It holds hash states made from the keys, never the keys.
package struct SessionDecoder: Sendable {
    private let reader: Reader

    private enum Reader {
        case signed(SignedReader)
        case cache(CacheReader)
    }

    /// What vouches for a value.
    package enum Verification: Sendable {
        /// One of these keys: SECRET_KEY first, then SECRET_KEY_FALLBACKS.
        case keys([SecretKey])
        /// Nothing: whoever can write to Redis is believed. It must be asked for (`--no-verify`).
        case none
    }

    /// A decoder for signed values, in both layouts.
    ///
    /// - Parameters:
    ///   - salts: literal ones, which replace those of classes named `SessionStore`.
    ///   - serializer: the only one that is accepted; nil for any that signed sessions have.
    ///   - django: the version whose rules hold; nil for whatever at least one version accepts.
    package init(
        verification: Verification,
        salts: [String]? = nil,
        serializer: DecodedSession.Serializer? = nil,
        django: DjangoVersion? = nil,
        bounds: DecodeBounds = .init()
    ) {
        let verifier: SessionVerifier? =
            switch verification {
            case .keys(let keys): SessionVerifier(keys: keys, salts: salts)
            case .none: nil
            }
        let payloads = PayloadReader(serializer: serializer, rules: DjangoRules(django), bounds: bounds)
        reader = .signed(SignedReader(verifier: verifier, payloads: payloads))
    }

    /// A decoder for the unsigned values of cache-backed sessions.
    ///
    /// - Parameters:
    ///   - serializer: the only one that is accepted; nil for any.
    ///   - compressor: the only one that is accepted beside none at all; nil for any.
    ///   - django: the version whose rules hold; nil for whatever at least one version accepts.
    package init(
        cacheSerializer serializer: DecodedSession.Serializer?,
        compressor: DecodedSession.Compression? = nil,
        django: DjangoVersion? = nil,
        bounds: DecodeBounds = .init()
    ) {
        let payloads = PayloadReader(serializer: serializer, rules: DjangoRules(django), bounds: bounds)
        reader = .cache(CacheReader(compressor: compressor, payloads: payloads))
    }

    /// The same, which does no more than `bounds` allow.
    package func bounded(by bounds: DecodeBounds) -> SessionDecoder {
        switch reader {
        case .signed(let reader):
            SessionDecoder(
                .signed(SignedReader(verifier: reader.verifier, payloads: reader.payloads.bounded(by: bounds))))
        case .cache(let reader):
            SessionDecoder(
                .cache(CacheReader(compressor: reader.compressor, payloads: reader.payloads.bounded(by: bounds))))
        }
    }

    private init(_ reader: Reader) {
        self.reader = reader
    }

    /// The session in a stored value.
    ///
    /// Throws `invalid` where the value has the form of a signed one and no key fits, else `unreadable`.
    package func decode(_ value: [UInt8]) throws(DecodeError) -> DecodedSession {
        switch reader {
        case .signed(let reader): try reader.session(in: value)
        case .cache(let reader): try reader.session(in: value)
        }
    }

    /// As `decode(_:)` of an array; the bytes are copied.
    package func decode(_ value: UnsafeRawBufferPointer) throws(DecodeError) -> DecodedSession {
        try decode(Array(value))
    }
}

extension SessionDecoder: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch reader {
        case .signed(let reader): "SessionDecoder(\(reader.verifier == nil ? "verifying nothing" : "verifying"))"
        case .cache: "SessionDecoder(cache values)"
        }
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
