import SessionModel
import Testing

@Suite struct SessionKeyTests {
    @Test("An empty key, one of 513 bytes and one that is no UTF-8 are none")
    func refused() {
        #expect(SessionKey("") == nil)
        #expect(SessionKey(String(repeating: "k", count: 513)) == nil)
        #expect(SessionKey(String(repeating: "é", count: 257)) == nil)
        #expect(SessionKey([0x61, 0x80]) == nil)
        // Half of a surrogate pair, and an overlong slash.
        #expect(SessionKey([0xED, 0xA0, 0x80]) == nil)
        #expect(SessionKey([0xC0, 0xAF]) == nil)
    }

    @Test(
        "Any other text is a key, byte for byte",
        arguments: ["a", "*?[]\\", "\0", "\r\n", "a b", "\"'", "é", "👩‍👩‍👧‍👦", String(repeating: "é", count: 256)]
    )
    func accepted(text: String) throws {
        let key = try #require(SessionKey(text))
        #expect(key.bytes == Array(text.utf8))
        #expect(SessionKey(key.bytes) == key)
    }

    @Test("Keys that look the same but have other bytes are other keys")
    func bytewise() throws {
        let composed = try #require(SessionKey("\u{E9}"))
        let decomposed = try #require(SessionKey("e\u{301}"))
        #expect("\u{E9}" == "e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(Fingerprint(of: composed) != Fingerprint(of: decomposed))
    }

    @Test("Neither printing nor reflection shows a key")
    func hidden() throws {
        let key = try #require(SessionKey("correcthorse"))
        var dumped = ""
        dump(key, to: &dumped)
        dump(["named": [key]], to: &dumped)
        let printed = ["\(key)", String(reflecting: key), "\([key])", "\(Optional(key) as Any)", dumped].joined(
            separator: "\n"
        )
        #expect(!printed.contains("correcthorse"))
        #expect(!printed.contains("99, 111"), "the bytes of the key in decimal")
        #expect(printed.contains("session \(Fingerprint(of: key))"))
        #expect(Mirror(reflecting: key).children.isEmpty)
    }

    @Test("User ids are compared by their bytes too")
    func users() {
        #expect(UserID("\u{E9}") != UserID("e\u{301}"))
        #expect(UserID("42") == UserID("42"))
        #expect(UserID("42") != UserID("042"))
        #expect(Set([UserID("\u{E9}"), UserID("e\u{301}"), UserID("\u{E9}")]).count == 2)
    }
}
