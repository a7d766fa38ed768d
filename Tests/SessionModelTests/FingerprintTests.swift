import SessionModel
import Testing

@Suite struct FingerprintTests {
    @Test(
        "What is not 32 hexadecimal digits in lower case is no fingerprint",
        arguments: [
            "", "ba7816bf8f01cfea414140de5dae222", "ba7816bf8f01cfea414140de5dae22233",
            "BA7816BF8F01CFEA414140DE5DAE2223",
            "ga7816bf8f01cfea414140de5dae2223", "+a7816bf8f01cfea414140de5dae2223", "ba7816bf8f01cfea 14140de5dae2223",
        ]
    )
    func refused(text: String) {
        #expect(Fingerprint(text) == nil)
    }

    @Test("It is the first half of SHA-256 of the key's bytes")
    func vectors() throws {
        // FIPS 180-2, appendix B.1 and B.2.
        let short = try #require(SessionKey("abc"))
        let long = try #require(SessionKey("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
        #expect(Fingerprint(of: short).description == "ba7816bf8f01cfea414140de5dae2223")
        #expect(Fingerprint(of: long).description == "248d6a61d20638b8e5c026930c3e6039")
        #expect(Fingerprint("ba7816bf8f01cfea414140de5dae2223") == Fingerprint(of: short))
    }

    @Test("Leading zeros stay")
    func zeros() throws {
        let text = "00000000000000010000000000000002"
        #expect(try #require(Fingerprint(text)).description == text)
    }
}
