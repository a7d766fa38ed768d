import JSONRPC
import Testing

@Suite struct JSONScannerTests {
    @Test(
        "A text that breaks the grammar is refused",
        arguments: [
            "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[]]", "{}{}", "1 2", "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}", "{,}", "{\"a\" 1}", "{a:1}", "{1:1}", "{'a':1}", "'a'", "nul", "nulll", "True", "NaN",
            "Infinity",
            "-Infinity", "undefined", "01", "-01", "-", "+1", "1.", ".5", "-.5", "1e", "1e+", "1.e1", "0x10", "1_000",
            "1,",
            "00", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\U0041\"", "\"\\", "\"a\u{0}b\"",
            "\"a\tb\"",
            "\"a\nb\"", "\u{FEFF}1", "/* */1", "1//", "\u{A0}1", "\u{B}1", "\"\\ud83\"", "\"\\ud83d\\u\"",
            "\"\\ud83d\\x\"",
            "[1}", "{\"a\":1]", "{\"a\":1 \"b\":2}", "\u{0}", "1\u{0}",
        ]
    )
    func breaksGrammar(source: String) {
        #expect {
            try scan(source.utf8)
        } throws: { error in
            if case JSONError.grammar = error { true } else { false }
        }
    }

    @Test(
        "Bytes that are no UTF-8 are refused, inside and outside of strings",
        arguments: [
            [0xFF], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
        ] as [[UInt8]]
    )
    func notUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.notUTF8) { try scan([0x22] + bytes + [0x22]) }
        #expect(throws: JSONError.notUTF8) { try scan([0x31] + bytes) }
    }

    @Test("A nesting deeper than allowed is refused, the deepest allowed one is not")
    func depth() throws {
        let deepest = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(throws: Never.self) { try scan(deepest.utf8) }
        #expect(throws: JSONError.tooDeep(depthMax: 32)) { try scan("[\(deepest)]".utf8) }
        #expect(throws: JSONError.tooDeep(depthMax: 32)) { try scan(String(repeating: "{\"a\":", count: 60_000).utf8) }
        var skipping = try JSONScanner(utf8("[\(deepest)]")[...], depthMax: 32)
        #expect(throws: JSONError.tooDeep(depthMax: 32)) { try skipping.skipValue() }
    }

    @Test("Half of a surrogate pair in an escape makes a string that is marked, and only that one")
    func loneSurrogates() throws {
        for source in [
            #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800A""#, #""\udc00\ud800""#, #""\ud800\n""#,
        ] {
            guard case .string(let string) = try scan(source.utf8) else {
                Issue.record("\(source) is a string")
                continue
            }
            #expect(!string.isUnicode)
        }
        #expect(try scan(#""\ud800""#.utf8) == .string(JSONString(utf8: [0xED, 0xA0, 0x80], isUnicode: false)))
        #expect(try scan(#""\ud83d\ude00""#.utf8) == .string(JSONString("😀")))
        #expect(try scan(#""\uD83D\uDE00""#.utf8) == .string(JSONString("😀")))
    }

    @Test("Strings that are canonically equivalent are different")
    func noNormalization() throws {
        #expect(try scan(#""\u00e9""#.utf8) != scan(#""e\u0301""#.utf8))
    }

    @Test("Values have the meaning that RFC 8259 gives them")
    func values() throws {
        #expect(try scan(" \t\r\n null \n".utf8) == .null)
        #expect(try scan("[true,false]".utf8) == .array([.bool(true), .bool(false)]))
        #expect(try scan("[ ]".utf8) == .array([]))
        #expect(try scan("{ }".utf8) == .object([]))
        #expect(
            try scan(#""\"\\\/\b\f\n\r\t\u0000\u00e9\u20ac""#.utf8) == .string(JSONString("\"\\/\u{8}\u{c}\n\r\t\0é€"))
        )
        #expect(try scan("\"\u{7F}\u{2028}é😀\"".utf8) == .string(JSONString("\u{7F}\u{2028}é😀")))
        let object = try scan(#"{"b":1,"a":{"b":[]},"b":2}"#.utf8)
        guard case .object(let members) = object else {
            Issue.record("an object")
            return
        }
        #expect(members.map(\.name.string) == ["b", "a", "b"])
        #expect(members.firstRepeatedName == JSONString("b"))
    }

    @Test("A repeated name is found among few members and among many", arguments: [2, 8, 9, 5_000])
    func repeatedName(count: Int) throws {
        let names = (0..<count).map { "n\($0)" }
        #expect(members(names).firstRepeatedName == nil)
        #expect(members(names + ["n1"]).firstRepeatedName == JSONString("n1"))
    }

    private func members(_ names: [String]) -> [JSONMember] {
        names.map { JSONMember(name: JSONString($0), value: .null) }
    }

    @Test(
        "A number is an integer where its value is one",
        arguments: [
            ("0", 0), ("-0", 0), ("100", 100), ("-7", -7), ("1.0", 1), ("1e2", 100), ("1E+2", 100), ("120e-1", 12),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil), ("1.5", nil),
            ("1e-1", nil), ("1e400", nil), ("9007199254740993.0", nil),
        ] as [(String, Int?)]
    )
    func integers(source: String, value: Int?) throws {
        guard case .number(let number) = try scan(source.utf8) else {
            Issue.record("a number")
            return
        }
        #expect(number.integer == value)
        #expect(text(number.text) == source)
    }

    @Test(
        "A skipped value is the same text that a read one spans",
        arguments: ["[1,{\"a\":[\"\\n\"]}]", "\"a\\\"b\"", "-1e3", "{}"]
    )
    func skipping(source: String) throws {
        var scanner = try JSONScanner(utf8(" \(source) ")[...], depthMax: 32)
        #expect(try text(scanner.skipValue()) == source)
        try scanner.end()
    }
}
