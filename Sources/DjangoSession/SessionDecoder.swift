/// Turns the bytes that Django stored into a session, once a key has vouched for them.
///
/// A value: cheap to copy, to be used on any thread. It holds hash states made from the keys, never the keys.
package struct SessionDecoder: Sendable {
    private let verifier: SessionVerifier?
    private let bounds: DecodeBounds

    /// What vouches for a value.
    package enum Verification: Sendable {
        /// One of these keys: SECRET_KEY first, then SECRET_KEY_FALLBACKS.
        case keys([SecretKey])
        /// Nothing: whoever can write to Redis is believed. It must be asked for (`--no-verify`).
        case none
    }

    /// A decoder for both signed layouts.
    ///
    /// `salts` are literal and replace the default ones, which are those of classes named `SessionStore`.
    package init(verification: Verification, salts: [String]? = nil, bounds: DecodeBounds = .init()) {
        verifier =
            switch verification {
            case .keys(let keys): SessionVerifier(keys: keys, salts: salts)
            case .none: nil
            }
        self.bounds = bounds
    }

    /// The session in a stored value.
    ///
    /// Throws `invalid` where the value has the form of a signed one and no key fits, else `unreadable`.
    package func decode(_ value: [UInt8]) throws(DecodeError) -> DecodedSession {
        // Django reads text, so bytes that are none are refused before a lax base64 could skip them as junk.
        guard Self.isText(value) else {
            throw .unreadable(Pickle.isLikely(value[...]) ? .cacheValue : .notUTF8)
        }
        let signing = SigningLayout(value)
        if let signing, let trust = trust(in: signing) {
            do {
                return try session(in: signing, trust: trust)
            } catch {
                throw .unreadable(error)
            }
        }
        // Django 3.1 and 3.2 try the older layout on whatever is not well signed in the newer one.
        let legacy = LegacyLayout(value)
        if let legacy, let trust = trust(in: legacy) {
            do {
                return try session(in: legacy, trust: trust)
            } catch {
                throw .unreadable(error)
            }
        }
        throw misfit(of: value, signing: signing, legacy: legacy)
    }

    /// As `decode(_:)` of an array; the bytes are copied.
    package func decode(_ value: UnsafeRawBufferPointer) throws(DecodeError) -> DecodedSession {
        try decode(Array(value))
    }

    private static func isText(_ value: [UInt8]) -> Bool {
        !value.contains { $0 >= 0x80 } || String(validating: value, as: UTF8.self) != nil
    }

    /// A reason to believe a value.
    private struct Trust {
        /// Nil where nothing was asked for.
        let keyIndex: Int?
    }

    private func trust(in signing: SigningLayout) -> Trust? {
        guard let signature = signing.signature else { return nil }
        guard let verifier else { return Trust(keyIndex: nil) }
        return verifier.keyIndex(of: signature, over: signing.signed).map(Trust.init)
    }

    private func trust(in legacy: LegacyLayout) -> Trust? {
        guard let signature = legacy.signature else { return nil }
        guard let verifier else { return Trust(keyIndex: nil) }
        return verifier.keyIndex(ofLegacy: signature, over: legacy.payload).map(Trust.init)
    }

    private func session(in signing: SigningLayout, trust: Trust) throws(DecodeError.Why) -> DecodedSession {
        let signedAt = try signing.signedAt()
        let (payload, compression) = try signing.payload(bounds: bounds)
        var session = try session(serialized: payload[...], layout: .signing, compression: compression)
        session.keyIndex = trust.keyIndex
        session.signedAt = signedAt
        return session
    }

    private func session(in legacy: LegacyLayout, trust: Trust) throws(DecodeError.Why) -> DecodedSession {
        guard legacy.payload.count <= bounds.expandedBytes else {
            throw .bound(.expandedBytes, limit: bounds.expandedBytes)
        }
        var session = try session(serialized: legacy.payload, layout: .legacy, compression: .none)
        session.keyIndex = trust.keyIndex
        return session
    }

    /// Every serializer is tried here; the payload is vouched for.
    private func session(
        serialized payload: ArraySlice<UInt8>,
        layout: DecodedSession.Layout,
        compression: DecodedSession.Compression
    ) throws(DecodeError.Why) -> DecodedSession {
        do {
            let data = try PythonJSON.render(payload, bounds: bounds)
            return DecodedSession(data: data, layout: layout, serializer: .json, compression: compression)
        } catch .badJSON where Pickle.isLikely(payload) {
            throw .pickled
        }
    }

    /// What a person would call the fault of a value that nothing vouches for.
    private func misfit(of value: [UInt8], signing: SigningLayout?, legacy: LegacyLayout?) -> DecodeError {
        if value.isEmpty { return .unreadable(.empty) }
        if signing?.signature != nil || legacy?.signature != nil { return .invalid(.noKeyFits) }
        if Pickle.isLikely(value[...]) || value.first == UInt8(ascii: "{") { return .unreadable(.cacheValue) }
        let hasPlaceForSignature =
            signing != nil && SigningLayout.hasAlphabet(of: value) || legacy?.signatureText.count == 40
        return hasPlaceForSignature ? .invalid(.signatureMalformed) : .unreadable(.notSigned)
    }
}

extension SessionDecoder: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        verifier == nil ? "SessionDecoder(verifying nothing)" : "SessionDecoder(verifying)"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
