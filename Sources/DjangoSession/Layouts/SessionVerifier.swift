import Crypto

/// Tries keys on signatures. Holds, for every key under every salt, the HMAC states that Django's `salted_hmac` derives; a
/// state is copied for each value, which costs less than keying it anew.
struct SessionVerifier: Sendable {
    private let entries: [Entry]

    private struct Entry: Sendable {
        let keyIndex: Int
        let isOfCookies: Bool
        let signingSHA256: HMAC<SHA256>
        let signingSHA1: HMAC<Insecure.SHA1>
        let legacySHA1: HMAC<Insecure.SHA1>
    }

    /// Salts of `SessionStore`, the class name in every known session package: Django puts a point before the class's
    /// qualified name since 3.1 (`key_salt`), and none before it up to 3.0 (`_hash`).
    static let signingSalt = "django.contrib.sessions.SessionStore"
    static let legacySalt = "django.contrib.sessionsSessionStore"
    /// The salt of sessions in signed cookies (django/contrib/sessions/backends/signed_cookies.py), of any version.
    static let cookieSalt = "django.contrib.sessions.backends.signed_cookies"

    /// A key that fits, and what it signs.
    struct Match {
        /// The key's index, from 0.
        let keyIndex: Int
        /// Whether the value is one of a signed cookie.
        let isOfCookie: Bool
    }

    /// `salts`, where given, are literal, replace the default ones and hold for both layouts.
    init(keys: [SecretKey], salts: [String]?) {
        let pairs = salts.map { $0.map { (signing: $0, legacy: $0) } } ?? [(Self.signingSalt, Self.legacySalt)]
        entries = keys.enumerated().flatMap { index, key in
            pairs.map { salt in
                Entry(
                    keyIndex: index,
                    isOfCookies: salt.signing == Self.cookieSalt,
                    signingSHA256: HMAC(key: key.derived(salt: salt.signing + "signer", by: SHA256.self)),
                    signingSHA1: HMAC(key: key.derived(salt: salt.signing + "signer", by: Insecure.SHA1.self)),
                    legacySHA1: HMAC(key: key.derived(salt: salt.legacy, by: Insecure.SHA1.self))
                )
            }
        }
    }

    /// The first key that made `signature`, or nil.
    func match(of signature: SigningLayout.Signature, over signed: ArraySlice<UInt8>) -> Match? {
        switch signature {
        case .sha256(let code): match(of: code, over: signed, state: \.signingSHA256)
        case .sha1(let code): match(of: code, over: signed, state: \.signingSHA1)
        }
    }

    /// The first key that made the legacy layout's `signature`, or nil.
    func match(ofLegacy signature: [UInt8], over payload: ArraySlice<UInt8>) -> Match? {
        match(of: signature, over: payload, state: \.legacySHA1)
    }

    private func match<H: HashFunction>(
        of code: [UInt8],
        over bytes: ArraySlice<UInt8>,
        state: (Entry) -> HMAC<H>
    ) -> Match? {
        let entry = entries.first { entry in
            var hmac = state(entry)
            hmac.update(data: bytes)
            // The comparison of a code with bytes takes the same time wherever they differ.
            return hmac.finalize() == code
        }
        return entry.map { Match(keyIndex: $0.keyIndex, isOfCookie: $0.isOfCookies) }
    }
}
