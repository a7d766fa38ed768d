import JSONRPC
import SessionModel
import Testing

@Suite struct JSONWriterTests {
    private func written(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return text(writer.bytes)
    }

    @Test("Bytes that are no UTF-8 become the replacement character")
    func repair() {
        #expect(written { $0.string(utf8: [0x61, 0xFF, 0x62]) } == "\"a\u{FFFD}b\"")
        #expect(written { $0.string(utf8: [0xED, 0xA0, 0x80]) }.contains("\u{FFFD}"))
    }

    @Test("Numbers for which JSON has no word become null")
    func notFinite() {
        let line = written {
            $0.beginArray()
            $0.double(.nan)
            $0.double(.infinity)
            $0.double(-.infinity)
            $0.endArray()
        }
        #expect(line == "[null,null,null]")
    }

    @Test("Every character up to U+0100 and a few beyond read back as they were")
    func roundTrip() throws {
        for scalar in (0...0x100).compactMap(Unicode.Scalar.init) + [
            "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFF}", "\u{1F600}",
        ] {
            let string = "a\(scalar)b"
            let line = written { $0.string(string) }
            #expect(try scan(line.utf8) == .string(JSONString(string)))
            #expect(written { $0.string(utf8: Array(string.utf8)) } == line)
        }
        #expect(written { $0.string("\u{1}\u{1F}\u{7F}/\u{2028}") } == "\"\\u0001\\u001f\u{7F}/\u{2028}\"")
    }

    @Test("Commas stand between values and nowhere else")
    func commas() {
        let line = written {
            $0.beginObject()
            $0.key("a")
            $0.beginArray()
            $0.endArray()
            $0.key("b")
            $0.beginArray()
            $0.int(-1)
            $0.beginObject()
            $0.endObject()
            $0.double(0.5)
            $0.double(1e300)
            $0.bool(true)
            $0.null()
            $0.endArray()
            $0.key(escaping: "c\"")
            $0.raw("[1]".utf8)
            $0.endObject()
        }
        #expect(line == #"{"a":[],"b":[-1,{},0.5,1e+300,true,null],"c\"":[1]}"#)
    }
}
