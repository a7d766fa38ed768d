import Testing

@testable import DjangoSession

/// Bytes from hex digits; spaces mean nothing.
private func hex(_ text: String) -> [UInt8] {
    var digits = text.filter { $0 != " " }[...]
    var bytes: [UInt8] = []
    while !digits.isEmpty {
        bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
        digits = digits.dropFirst(2)
    }
    return bytes
}

/// The rendering of a payload that stands between other bytes.
private func reading(
    _ payload: [UInt8],
    bounds: DecodeBounds = .init(),
    dialects: MessagePackDialects = .all
) throws(DecodeError.Why) -> String {
    let framed = [0x01] + payload + [0xC0]
    let rendering = try MessagePack.render(framed[1..<payload.count + 1], bounds: bounds, dialects: dialects)
    return String(decoding: rendering, as: UTF8.self)
}

/// What is wrong with a payload; nil where it is read.
private func refusal(
    of payload: [UInt8],
    bounds: DecodeBounds = .init(),
    dialects: MessagePackDialects = .all
) -> DecodeError.Why? {
    do throws(DecodeError.Why) {
        _ = try reading(payload, bounds: bounds, dialects: dialects)
        return nil
    } catch {
        return error
    }
}

/// `{"a": value}` in MessagePack, from the value's hex digits.
private func inSession(_ value: String) -> [UInt8] { hex("81 a161" + value) }

private func extType(_ code: Int, _ base64: String) -> String {
    #"{"$py":"object","cls":"msgpack.ext.ExtType","attrs":{"code":\#(code),"data":{"$py":"bytes","b64":"\#(base64)"}}}"#
}

private func timestamp(_ seconds: Int64, _ nanoseconds: Int) -> String {
    #"{"$py":"object","cls":"msgpack.ext.Timestamp","#
        + #""attrs":"Timestamp(seconds=\#(seconds), nanoseconds=\#(nanoseconds))"}"#
}

/// What is expected was given by msgpack-python 1.1.0, of keys that are no text or bytes by 0.6.2 on Python 3.6, of
/// surrogates by 0.6.2 on Python 2.7.
@Suite("MessagePack as Python reads it")
struct MessagePackTests {
    @Test(
        "What msgpack.loads refuses is unreadable",
        arguments: [
            ("", 0), ("c1", 0), ("81 a161 c1", 3), ("81 c1 01", 1),
            // Bytes after the value.
            ("80 c0", 1), ("80 80", 1), ("c0 c0", 1),
            // Text that is no UTF-8.
            ("81 a161 a1ff", 3), ("81 a1ff 01", 1), ("81 a161 a2c080", 3), ("81 a161 a3e282ff", 3),
            ("81 a161 a4f4908080", 3), ("81 a161 a4eda080ff", 3), ("81 a161 a5ffeda08061", 3),
            ("81 a161 a3eda041", 3), ("81 a161 a3eda0c0", 3), ("81 a161 a2eda0", 3),
            // Keys without a hash.
            ("81 90 01", 1), ("81 80 01", 1), ("81 91 01 01", 1), ("81 81 a161 01 01", 1), ("82 a161 01 90 01", 4),
            // Extension types below zero, timestamps of other sizes and with nanoseconds that make a second.
            ("81 a161 d4 80 00", 3), ("81 a161 d6 fe 65000000", 3), ("81 a161 d4 ff 00", 3), ("81 a161 c700 ff", 3),
            ("81 a161 d8 ff 00000000000000000000000000000000", 3),
            ("81 a161 d7 ff ee6b280000000000", 3), ("81 a161 c70c ff 3b9aca00 0000000000000000", 3),
            // A timestamp as a key, or one beside what its readers refuse.
            ("81 d6ff65000000 01", 1), ("82 01 02 a161 d6ff65000000", 5), ("82 a161 d6ff65000000 01 02", 9),
            ("82 a161 a3eda080 a162 d6ff65000000", 9),
        ]
    )
    func refused(payload: String, offset: Int) {
        #expect(refusal(of: hex(payload)) == .badMessagePack(offset: offset))
    }

    @Test(
        "What claims more bytes or values than there are is refused where it begins",
        arguments: [
            "c6 ffffffff", "db ffffffff", "c9 ffffffff 01", "dd ffffffff", "df ffffffff", "dd 00000002 c0",
            "df 00000001 a0", "dc ffff c0 c0", "de ffff a0 c0", "92 c0", "82 a0c0 a0", "a2 61", "c4 01",
        ]
    )
    func claims(value: String) {
        #expect(refusal(of: inSession(value)) == .badMessagePack(offset: 3))
    }

    @Test(
        "A payload that is no map is no session",
        arguments: ["c0", "05", "a161", "90", "9180", "c400", "cb3ff0000000000000", "d6ff00000000", "d40100"]
    )
    func notAnObject(payload: String) {
        #expect(refusal(of: hex(payload)) == .notAnObject)
    }

    @Test("Type bytes that are the value or its length themselves")
    func fixedTypes() throws {
        for type in UInt8.min...0x7F {
            #expect(try reading(inSession("") + [type]) == #"{"a":\#(type)}"#)
        }
        for type in 0xE0...UInt8.max {
            #expect(try reading(inSession("") + [type]) == #"{"a":\#(Int(type) - 256)}"#)
        }
        for count in 0..<16 {
            let names = (0..<count).map { UInt8(ascii: "a") + UInt8($0) }
            let members = names.map { #""\#(Unicode.Scalar($0))":null"# }.joined(separator: ",")
            #expect(try reading([0x80 + UInt8(count)] + names.flatMap { [0xA1, $0, 0xC0] }) == "{\(members)}")
            let list = inSession("") + [0x90 + UInt8(count)] + [UInt8](repeating: 1, count: count)
            let elements = [String](repeating: "1", count: count).joined(separator: ",")
            #expect(try reading(list) == #"{"a":[\#(elements)]}"#)
        }
        for count in 0..<32 {
            let text = String(repeating: "x", count: count)
            #expect(try reading(inSession("") + [0xA0 + UInt8(count)] + Array(text.utf8)) == #"{"a":"\#(text)"}"#)
        }
    }

    @Test(
        "Every other type byte",
        arguments: [
            ("c0", "null"), ("c2", "false"), ("c3", "true"),
            ("c4 02 00ff", #"{"$py":"bytes","b64":"AP8="}"#),
            ("c5 0001 fb", #"{"$py":"bytes","b64":"+w=="}"#),
            ("c6 00000003 010203", #"{"$py":"bytes","b64":"AQID"}"#),
            ("c7 03 05 616263", extType(5, "YWJj")),
            ("c8 0001 05 61", extType(5, "YQ==")),
            ("c9 00000000 7f", extType(127, "")),
            ("ca 3dcccccd", "0.10000000149011612"),
            ("cb 3fb999999999999a", "0.1"),
            ("cc ff", "255"), ("cd ffff", "65535"), ("ce ffffffff", "4294967295"),
            ("cf 001fffffffffffff", "9007199254740991"),
            ("d0 80", "-128"), ("d1 8000", "-32768"), ("d2 80000000", "-2147483648"),
            ("d3 ffe0000000000001", "-9007199254740991"),
            ("d4 00 61", extType(0, "YQ==")),
            ("d5 05 6162", extType(5, "YWI=")),
            ("d6 05 61626364", extType(5, "YWJjZA==")),
            ("d7 05 6162636465666768", extType(5, "YWJjZGVmZ2g=")),
            ("d8 05 61626364656667686162636465666768", extType(5, "YWJjZGVmZ2hhYmNkZWZnaA==")),
            ("d9 03 e282ac", #""€""#), ("da 0001 78", #""x""#), ("db 00000001 78", #""x""#),
            ("dc 0002 01 c0", "[1,null]"), ("dd 00000001 02", "[2]"),
            ("de 0001 a162 01", #"{"b":1}"#), ("df 00000001 a162 01", #"{"b":1}"#),
        ]
    )
    func types(value: String, expected: String) throws {
        #expect(try reading(inSession(value)) == #"{"a":\#(expected)}"#)
    }

    @Test(
        "What JSON has no word for stands under the contract's tags",
        arguments: [
            ("cf 0020000000000000", #"{"$py":"int","v":"9007199254740992"}"#),
            ("cf ffffffffffffffff", #"{"$py":"int","v":"18446744073709551615"}"#),
            ("d3 ffe0000000000000", #"{"$py":"int","v":"-9007199254740992"}"#),
            ("d3 8000000000000000", #"{"$py":"int","v":"-9223372036854775808"}"#),
            ("ca 3f800000", #"{"$py":"float","v":"1.0"}"#),
            ("ca ffc00000", #"{"$py":"float","v":"nan"}"#),
            ("cb 8000000000000000", #"{"$py":"float","v":"-0.0"}"#),
            ("cb fff0000000000000", #"{"$py":"float","v":"-inf"}"#),
            ("d6 ff 65000000", timestamp(1_694_498_816, 0)),
            ("c704 ff 65000000", timestamp(1_694_498_816, 0)),
            ("c9 00000004 ff ffffffff", timestamp(4_294_967_295, 0)),
            ("d7 ff 0000000465000000", timestamp(1_694_498_816, 1)),
            ("d7 ff ee6b27ff ffffffff", timestamp(17_179_869_183, 999_999_999)),
            ("c70c ff 00000001 ffffffffffffffff", timestamp(-1, 1)),
            ("c80008 ff 0000000000000000", timestamp(0, 0)),
            ("c70c ff 3b9ac9ff 8000000000000000", timestamp(.min, 999_999_999)),
            ("a3 eda080", #"{"$py":"str","utf16":[55296]}"#),
            ("a8 78eda0bdf09f9880", #"{"$py":"str","utf16":[120,55357,55357,56832]}"#),
            ("a8 c3a9edbfbfed9fbf", #"{"$py":"str","utf16":[233,57343,55295]}"#),
            ("a9 225c0a001f7fc3a92f", #""\"\\\n\u0000\u001f"# + "\u{7F}é/\""),
        ]
    )
    func tags(value: String, expected: String) throws {
        #expect(try reading(inSession(value)) == #"{"a":\#(expected)}"#)
    }

    @Test(
        "The last of equal keys wins at the first one's place, and what is no plain text makes a tagged map",
        arguments: [
            ("83 a161 01 a162 02 a161 03", #"{"a":3,"b":2}"#),
            ("82 a161 01 d90161 81 a16390", #"{"a":{"c":[]}}"#),
            ("81 a3247079 01", #"{"$py":"dict","v":[["$py",1]]}"#),
            ("82 c40161 01 a161 02", #"{"$py":"dict","v":[[{"$py":"bytes","b64":"YQ=="},1],["a",2]]}"#),
            ("82 c40161 01 c500 0161 02", #"{"$py":"dict","v":[[{"$py":"bytes","b64":"YQ=="},2]]}"#),
            ("82 c0 01 c0 02", #"{"$py":"dict","v":[[null,2]]}"#),
            ("84 01 01 c3 02 a162 03 cb3ff0000000000000 04", #"{"$py":"dict","v":[[1,4],["b",3]]}"#),
            ("82 c2 01 ca80000000 02", #"{"$py":"dict","v":[[false,2]]}"#),
            ("82 cb8000000000000000 01 d000 02", #"{"$py":"dict","v":[[{"$py":"float","v":"-0.0"},2]]}"#),
            ("83 ff 01 01 02 cbbff0000000000000 03", #"{"$py":"dict","v":[[-1,3],[1,2]]}"#),
            (
                "82 cf8000000000000000 01 cb43e0000000000000 02",
                #"{"$py":"dict","v":[[{"$py":"int","v":"9223372036854775808"},2]]}"#
            ),
            (
                "83 cb3fe0000000000000 01 ca3f000000 02 cbbfe0000000000000 03",
                #"{"$py":"dict","v":[[0.5,2],[-0.5,3]]}"#
            ),
            (
                "83 cffffffffffffffff0 01 cb43f0000000000000 02 ff 03",
                #"{"$py":"dict","v":[[{"$py":"int","v":"18446744073709551600"},1],"#
                    + #"[{"$py":"float","v":"1.8446744073709552e+19"},2],[-1,3]]}"#
            ),
            ("82 d40100 01 c7010100 02", #"{"$py":"dict","v":[[\#(extType(1, "AA==")),2]]}"#),
            ("81 a3eda080 01", #"{"$py":"dict","v":[[{"$py":"str","utf16":[55296]},1]]}"#),
            // Keys are equal within one map only.
            ("82 01 81 c3 02 c3 81 01 03", #"{"$py":"dict","v":[[1,{"$py":"dict","v":[[1,3]]}]]}"#),
        ]
    )
    func keys(payload: String, expected: String) throws {
        #expect(try reading(hex(payload)) == expected)
    }

    @Test("Of two dialects each reads what only it reads")
    func dialects() {
        let (keyed, timed) = (hex("81 01 02"), inSession("d6ff65000000"))
        for dialect in [MessagePackDialects.beforeVersion1, .sinceVersion1] {
            #expect((refusal(of: keyed, dialects: dialect) == nil) == (dialect == .beforeVersion1))
            #expect((refusal(of: timed, dialects: dialect) == nil) == (dialect == .sinceVersion1))
            #expect(refusal(of: inSession("c403000000"), dialects: dialect) == nil)
        }
    }

    @Test("A payload cut short anywhere, or with any byte after it, is refused")
    func truncations() throws {
        let sample = hex(
            """
            8b a161 81 02 d90162 ce00000001 c0 a162 92 c40200ff dc0001 dd00000001 80 a163 c5000161 \
            a164 cb3fb999999999999a a165 de0001 a0 c0 a166 df00000001 d40102 c2 a167 da000178 a168 c800010561 \
            a169 d38000000000000000 c401ff d18000
            """
        )
        #expect(try reading(sample).hasSuffix(#"[{"$py":"bytes","b64":"/w=="},-32768]]}"#))
        for count in sample.indices {
            guard case .badMessagePack(let offset)? = refusal(of: Array(sample.prefix(count))) else {
                Issue.record("cut to \(count) bytes it is not refused")
                continue
            }
            #expect(offset <= count)
        }
        for byte in UInt8.min...UInt8.max {
            #expect(refusal(of: sample + [byte]) == .badMessagePack(offset: sample.count))
        }
    }
}

@Suite("Bounds of MessagePack")
struct MessagePackBoundsTests {
    @Test("As many levels of nesting as msgpack-python reads, and no stack for a million")
    func nesting() throws {
        for (opening, innermost, isList) in [(hex("91"), "90", true), (hex("81a161"), "80", false)] {
            func payload(levels: Int) -> [UInt8] {
                inSession("") + repeatElement(opening, count: levels - 2).joined() + hex(innermost)
            }
            func repeated(_ text: String) -> String { String(repeating: text, count: 1_022) }
            let expected =
                #"{"a":"# + repeated(isList ? "[" : #"{"a":"#) + (isList ? "[]" : "{}") + repeated(isList ? "]" : "}")
            #expect(try reading(payload(levels: 1_024)) == expected + "}")
            #expect(refusal(of: payload(levels: 1_025)) == .bound(.nestingLevels, limit: 1_024))
            #expect(refusal(of: payload(levels: 1_000_000)) == .bound(.nestingLevels, limit: 1_024))
            let bounds = DecodeBounds(nestingLevels: 10)
            #expect(refusal(of: payload(levels: 10), bounds: bounds) == nil)
            #expect(refusal(of: payload(levels: 11), bounds: bounds) == .bound(.nestingLevels, limit: 10))
        }
    }

    @Test("A session has at most so many values")
    func elements() {
        let bounds = DecodeBounds(elements: 4)
        #expect(refusal(of: inSession("92 01 80"), bounds: bounds) == nil)
        #expect(refusal(of: inSession("93 01 02 03"), bounds: bounds) == .bound(.elements, limit: 4))
        #expect(refusal(of: hex("84 a161 01 a162 02 a163 03 a164 04"), bounds: bounds) == .bound(.elements, limit: 4))
    }

    @Test(
        "What grows most grows no more than 33 times",
        arguments: [
            "c7007f", "c400", "d6ffffffffff", "80", "c2", "a101", "a3eda080", "caff7fffff", "81c0c0", "81c7007fc0",
        ]
    )
    func growth(value: String) throws {
        let count = 10_000
        let payload = inSession("dd 00002710") + repeatElement(hex(value), count: count).joined()
        #expect(try reading(payload).utf8.count <= 33 * payload.count)
    }

    @Test("A hundred thousand equal keys are settled in linear time")
    func equalKeys() throws {
        let pairs = repeatElement(hex("01 02 ca3f800000 03"), count: 100_000).joined()
        #expect(try reading(hex("df 00030d40") + pairs) == #"{"$py":"dict","v":[[1,3]]}"#)
    }
}
