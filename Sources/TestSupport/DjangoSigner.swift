import Crypto
import DjangoSession

/// Writes session values as Django does, so that tests and simulations need no Python.
///
/// What is signed is given as the serialized payload, which Django's JSONSerializer would write: compact ASCII.
package struct DjangoSigner: Sendable {
    private let secretKey: [UInt8]
    private let salt: String?

    /// A signer with a SECRET_KEY, and a literal salt in place of the layouts' own ones.
    package init(secretKey: String, salt: String? = nil) {
        self.secretKey = Array(secretKey.utf8)
        self.salt = salt
    }

    /// When the signing layout compresses.
    package enum Compression: Sendable {
        /// As Django does: where it saves at least two bytes.
        case whereShorter
        case always
        case never
    }

    /// The layout of Django 3.1 and later; `signedAt` in seconds since 1970.
    package func signing(
        _ payload: String,
        signedAt: Int64 = 1_700_000_000,
        compression: Compression = .whereShorter
    ) -> [UInt8] {
        signing(Array(payload.utf8), signedAt: signedAt, compression: compression)
    }

    /// As `signing(_:signedAt:compression:)` of text, for payloads that are none.
    package func signing(
        _ payload: [UInt8],
        signedAt: Int64 = 1_700_000_000,
        compression: Compression = .whereShorter
    ) -> [UInt8] {
        let body: [UInt8]
        let deflated = compression == .never ? [] : Compressor.compress(payload, as: .zlib)
        if compression == .always || compression == .whereShorter && deflated.count < payload.count - 1 {
            body = Array(".".utf8) + Self.base64(deflated, isURL: true)
        } else {
            body = Self.base64(payload, isURL: true)
        }
        return signing(body: body, timestamp: Self.base62(signedAt))
    }

    /// The signing layout around a payload's text and a timestamp that need not be what Django would write.
    package func signing(body: [UInt8], timestamp: [UInt8]) -> [UInt8] {
        let signed = body + Array(":".utf8) + timestamp
        let key = derivedKey(SHA256.self, salt: (salt ?? "django.contrib.sessions.SessionStore") + "signer")
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: key)
        return signed + Array(":".utf8) + Self.base64(Array(code), isURL: true)
    }

    /// The layout up to Django 3.0.
    package func legacy(_ payload: String) -> [UInt8] {
        legacy(Array(payload.utf8))
    }

    /// As `legacy(_:)` of text, for payloads that are none.
    package func legacy(_ payload: [UInt8]) -> [UInt8] {
        let key = derivedKey(Insecure.SHA1.self, salt: salt ?? "django.contrib.sessionsSessionStore")
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: payload, using: key)
        return Self.base64(code.flatMap(Self.hex) + Array(":".utf8) + payload, isURL: false)
    }

    private func derivedKey<H: HashFunction>(_ hash: H.Type, salt: String) -> SymmetricKey {
        SymmetricKey(data: H.hash(data: Array(salt.utf8) + secretKey))
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private static func base62(_ number: Int64) -> [UInt8] {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var text: [UInt8] = []
        var rest = number.magnitude
        repeat {
            text.append(alphabet[Int(rest % 62)])
            rest /= 62
        } while rest > 0
        return (number < 0 ? Array("-".utf8) : []) + text.reversed()
    }

    /// Standard base64 with padding, or the URL-safe one without.
    private static func base64(_ bytes: [UInt8], isURL: Bool) -> [UInt8] {
        let last = isURL ? "-_" : "+/"
        let alphabet = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * position) & 63)]) }
            if !isURL { text += [UInt8](repeating: UInt8(ascii: "="), count: 3 - group.count) }
            rest = rest.dropFirst(3)
        }
        return text
    }
}
