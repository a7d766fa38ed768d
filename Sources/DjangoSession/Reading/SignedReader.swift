/// Reads signed values: both layouts, once a key has vouched for one.
struct SignedReader: Sendable {
    /// Nil where nothing is verified.
    let verifier: SessionVerifier?
    let payloads: PayloadReader
    private var rules: DjangoRules { payloads.rules }

    init(verifier: SessionVerifier?, payloads: PayloadReader) {
        self.verifier = verifier
        self.payloads = payloads
    }

    /// The session in a stored value.
    func session(in value: [UInt8]) throws(DecodeError) -> DecodedSession {
        // Django reads text, so bytes that are none are refused before a lax base64 could skip them as junk.
        guard Self.isText(value) else {
            throw .unreadable(CacheReader.isLikely(value[...]) ? .cacheValue : .notUTF8)
        }
        let signing = SigningLayout(value)
        var refusal: DecodeError.Why?
        if let signing, let trust = trust(in: signing) {
            refusal = self.refusal(of: signing, trust: trust)
            if refusal == nil { return try session(in: signing, trust: trust) }
        }
        // Django 3.1 and 3.2 try the older layout on whatever is not well signed in the newer one.
        let legacy = LegacyLayout(value, skipsJunkAboveASCII: rules.skipsJunkAboveASCII)
        if let legacy, let trust = trust(in: legacy) {
            refusal = self.refusal(of: .legacySHA1, as: .legacy, trust: trust)
            if refusal == nil { return try session(in: legacy, trust: trust) }
        }
        if let refusal { throw .unreadable(refusal) }
        throw misfit(of: value, signing: signing, legacy: legacy)
    }

    private static func isText(_ value: [UInt8]) -> Bool {
        !value.contains { $0 >= 0x80 } || String(validating: value, as: UTF8.self) != nil
    }

    /// A reason to believe a value.
    private struct Trust {
        /// Nil where nothing was asked for.
        let match: SessionVerifier.Match?
    }

    private func trust(in signing: SigningLayout) -> Trust? {
        guard let signature = signing.signature else { return nil }
        guard let verifier else { return Trust(match: nil) }
        return verifier.match(of: signature, over: signing.signed).map(Trust.init)
    }

    private func trust(in legacy: LegacyLayout) -> Trust? {
        guard let signature = legacy.signature else { return nil }
        guard let verifier else { return Trust(match: nil) }
        return verifier.match(ofLegacy: signature, over: legacy.payload).map(Trust.init)
    }

    private func refusal(of signing: SigningLayout, trust: Trust) -> DecodeError.Why? {
        guard case .sha1 = signing.signature else { return refusal(of: .signingSHA256, as: .sha256, trust: trust) }
        return refusal(of: .signingSHA1, as: .sha1, trust: trust)
    }

    /// Why the version that was asked for does not read what is well signed like this; nil where it does.
    private func refusal(
        of signature: DjangoRules.Signature, as writing: DecodeError.Writing, trust: Trust
    ) -> DecodeError.Why? {
        let isOfCookie = trust.match?.isOfCookie ?? false
        let accepted = isOfCookie ? rules.cookieSignatures : rules.signatures
        guard !accepted.contains(signature) else { return nil }
        if isOfCookie, signature == .legacySHA1 { return .notReadBy(rules.version, .legacyCookie) }
        return .notReadBy(rules.version, accepted == [.legacySHA1] ? .signing : writing)
    }

    private func session(in signing: SigningLayout, trust: Trust) throws(DecodeError) -> DecodedSession {
        do {
            let signedAt = try signing.signedAt()
            let (payload, compression) = try signing.payload(bounds: payloads.bounds)
            let (data, serializer) = try payloads.read(payload[...], from: .signed)
            var session = DecodedSession(data: data, layout: .signing, serializer: serializer, compression: compression)
            session.keyIndex = trust.match?.keyIndex
            session.signedAt = signedAt
            return session
        } catch {
            throw .unreadable(error)
        }
    }

    private func session(in legacy: LegacyLayout, trust: Trust) throws(DecodeError) -> DecodedSession {
        do {
            let (data, serializer) = try payloads.read(legacy.payload, from: .signed)
            var session = DecodedSession(data: data, layout: .legacy, serializer: serializer, compression: .none)
            session.keyIndex = trust.match?.keyIndex
            return session
        } catch {
            throw .unreadable(error)
        }
    }

    /// What a person would call the fault of a value that nothing vouches for.
    private func misfit(of value: [UInt8], signing: SigningLayout?, legacy: LegacyLayout?) -> DecodeError {
        if value.isEmpty { return .unreadable(.empty) }
        if signing?.signature != nil || legacy?.signature != nil { return .invalid(.noKeyFits) }
        if CacheReader.isLikely(value[...]) { return .unreadable(.cacheValue) }
        let hasPlaceForSignature =
            signing != nil && SigningLayout.hasAlphabet(of: value) || legacy?.signatureText.count == 40
        return hasPlaceForSignature ? .invalid(.signatureMalformed) : .unreadable(.notSigned)
    }
}
