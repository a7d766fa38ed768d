import DjangoSession
import TestSupport
import Testing

@Suite("Verification")
struct VerificationTests {
    let other = DjangoSigner(secretKey: "another secret")

    @Test("A value signed with another key is invalid in either layout")
    func wrongKey() {
        #expect(fault(of: other.signing(loginJSON)) == .invalid(.noKeyFits))
        #expect(fault(of: other.legacy(loginJSON)) == .invalid(.noKeyFits))
    }

    @Test("A value signed under another salt is invalid until that salt is given")
    func salts() throws {
        let salted = DjangoSigner(secretKey: secret, salt: "shop.sessions.Store")
        let withSalt = SessionDecoder(
            verification: .keys([SecretKey(Array(secret.utf8))]),
            salts: ["unused", "shop.sessions.Store"]
        )
        for value in [salted.signing(loginJSON), salted.legacy(loginJSON)] {
            #expect(fault(of: value) == .invalid(.noKeyFits))
            #expect(try withSalt.decode(value).userID == "42")
        }
        #expect(fault(of: signer.signing(loginJSON), by: withSalt) == .invalid(.noKeyFits))
    }

    @Test("A layout that signed cookies never had is read by no Django, however well signed")
    func legacyCookie() {
        let cookieSalt = "django.contrib.sessions.backends.signed_cookies"
        let value = DjangoSigner(secretKey: secret, salt: cookieSalt).legacy(loginJSON)
        for version in [nil, "1.11", "3.2", "5.2"] {
            let decoder = SessionDecoder(
                verification: .keys([SecretKey(Array(secret.utf8))]), salts: [cookieSalt],
                django: version.flatMap { DjangoVersion($0) }
            )
            #expect(fault(of: value, by: decoder)?.description.contains("which no Django reads") == true)
        }
    }

    @Test("A payload of one value under the signature of another is invalid")
    func spliced() throws {
        let parts = signer.signing(loginJSON).split(separator: UInt8(ascii: ":"))
        let strange = signer.signing(#"{"_auth_user_id":"1"}"#).split(separator: UInt8(ascii: ":"))
        let spliced = Array([strange[0], parts[1], parts[2]].joined(separator: [UInt8(ascii: ":")]))
        #expect(fault(of: spliced) == .invalid(.noKeyFits))
    }

    @Test("No key, no trust")
    func noKeys() {
        let decoder = SessionDecoder(verification: .keys([]))
        #expect(fault(of: signer.signing(loginJSON), by: decoder) == .invalid(.noKeyFits))
    }

    @Test("The second and the third key are tried, and named by their place in the file")
    func fallbacks() throws {
        let keys = SecretKey.lines(of: Array("first\nanother secret\r\n\n\(secret)".utf8))
        let decoder = SessionDecoder(verification: .keys(keys))
        #expect(try decoder.decode(other.signing(loginJSON)).keyIndex == 1)
        #expect(try decoder.decode(other.legacy(loginJSON)).keyIndex == 1)
        #expect(try decoder.decode(signer.signing(loginJSON)).keyIndex == 2)
    }

    @Test("Without verification a stranger's value is read, but not one that is cut short")
    func unverified() throws {
        let decoder = SessionDecoder(verification: .none)
        #expect(try decoder.decode(other.signing(loginJSON)).userID == "42")
        #expect(try decoder.decode(other.legacy(loginJSON)).userID == "42")
        #expect(fault(of: Array(other.signing(loginJSON).dropLast()), by: decoder) == .invalid(.signatureMalformed))
    }

    @Test("An empty line of a key file is no key, nor is one of a lone carriage return")
    func emptyLines() {
        #expect(SecretKey.lines(of: Array("\n\r\n\n".utf8)).isEmpty)
        #expect(SecretKey.lines(of: []).isEmpty)
        let empty = DjangoSigner(secretKey: "")
        let decoder = SessionDecoder(verification: .keys(SecretKey.lines(of: Array("\nkey\n\n".utf8))))
        #expect(fault(of: empty.signing(loginJSON), by: decoder) == .invalid(.noKeyFits))
        #expect(fault(of: empty.legacy(loginJSON), by: decoder) == .invalid(.noKeyFits))
    }

    @Test("Spaces and all carriage returns but the last belong to the key")
    func exactKeys() throws {
        let keys = SecretKey.lines(of: Array(" key \r\r\nlast".utf8))
        #expect(keys.count == 2)
        let value = DjangoSigner(secretKey: " key \r").signing(loginJSON)
        #expect(try SessionDecoder(verification: .keys(keys)).decode(value).keyIndex == 0)
    }

    @Test("Neither a description nor a reflection of a key, a decoder or a session shows what is in it")
    func descriptions() throws {
        let key = SecretKey(Array(secret.utf8))
        let verification = SessionDecoder.Verification.keys([key])
        let session = try decoder.decode(signer.signing(loginJSON))
        var dumped = ""
        dump(key, to: &dumped)
        dump(verification, to: &dumped)
        dump(decoder, to: &dumped)
        dump(session, to: &dumped)
        for text in [dumped, "\(key) \(verification) \(decoder) \(session)", String(reflecting: [key])] {
            #expect(!text.contains("secret that"))
            #expect(!text.contains("ModelBackend"))
            // Nor the bytes one by one: the first of the key is 97, of the data 123.
            #expect(!text.contains("97") && !text.contains("123"))
        }
    }
}
