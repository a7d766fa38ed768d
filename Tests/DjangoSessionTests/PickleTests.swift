import DjangoSession
import TestSupport
import Testing

@Suite("Pickles as data")
struct PickleTests {
    /// A pickle of protocol 2 whose dictionary has one entry, `a`, that these opcodes push.
    private static func pickle(_ opcodes: [UInt8], protocolVersion: UInt8 = 2) -> [UInt8] {
        [0x80, protocolVersion] + Array("}U\u{1}a".utf8) + opcodes + Array("s.".utf8)
    }

    private static func pickle(_ opcodes: String) -> [UInt8] { pickle(Array(opcodes.utf8)) }

    /// As above, of opcodes above ASCII, which stand as the characters of their numbers; protocol 4 has them.
    private static func pickle(_ opcodes: String, protocolVersion: UInt8) -> [UInt8] {
        // Python 3 writes no SHORT_BINSTRING, so the key is a text.
        [0x80, protocolVersion, UInt8(ascii: "}"), 0x8C, 1, UInt8(ascii: "a")]
            + opcodes.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } + Array("s.".utf8)
    }

    private static func rendered(_ pickle: [UInt8], bounds: DecodeBounds = .init()) throws(DecodeError) -> String {
        String(decoding: try decoder(bounds).decode(pickle).data, as: UTF8.self)
    }

    private static func fault(_ pickle: [UInt8], bounds: DecodeBounds = .init()) -> DecodeError.Why? {
        do throws(DecodeError) {
            _ = try decoder(bounds).decode(pickle)
            return nil
        } catch {
            return error.why
        }
    }

    private static func decoder(_ bounds: DecodeBounds) -> SessionDecoder {
        SessionDecoder(cacheSerializer: .pickle, bounds: bounds)
    }

    // MARK: What would run

    @Test(
        "What Python would call or import is named, and is an error",
        arguments: [
            ("cos\nsystem\nU\u{2}id\u{85}R", DecodeError.PickleHazard.call("os.system")),
            ("csubprocess\nPopen\n(K\u{1}tR", .call("subprocess.Popen")),
            ("cbuiltins\ngetattr\n(cshop\nPaid\nU\u{9}__class__tR", .call("builtins.getattr")),
            ("cbuiltins\ngetattr\n(cos\nenviron\nU\u{3}gettR", .call("builtins.getattr")),
            ("c__builtin__\ngetattr\n(czoneinfo\nZoneInfo\nU\u{8}no_cachetR", .call("__builtin__.getattr")),
            ("(S'x'\nios\nsystem\n", .call("os.system")), ("(cos\nsystem\nS'x'\no", .call("os.system")),
            ("cdatetime\ndatetime\nU\u{2}xx\u{85}R", .call("datetime.datetime")),
            ("cdecimal\nDecimal\nU\u{1}x\u{85}R", .call("decimal.Decimal")),
            ("cos\nsystem\n", .classAsValue("os.system")),
            ("]c__builtin__\nlist\na", .classAsValue("__builtin__.list")),
            ("cos\nsystem\nU\u{1}x\u{85}\u{81}", .call("os.system")),
            ("cbuiltins\neval\n)\u{81}", .call("builtins.eval")),
            ("ccopy_reg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR", .call("os.system")),
            ("cdjango.db.models.base\nmodel_unpickle\n(cos\nsystem\ntR", .call("django.db.models.base.model_unpickle")),
            (
                "cdjango.utils.functional\n_lazy_proxy_unpickle\n(cos\nsystem\n(U\u{1}xt}c__builtin__\nstr\ntR",
                .call("django.utils.functional._lazy_proxy_unpickle")
            ),
            ("cdjango.core.management\ncall_command\n(U\u{5}checktR", .call("django.core.management.call_command")),
            ("cshop.os\nsystem\n(U\u{1}xtR", .call("shop.os.system")),
            ("cshop\nos.Popen\n(U\u{1}xtR", .call("shop.os.Popen")),
            ("cshop\nos.Popen\n)\u{81}", .call("shop.os.Popen")),
            ("ca..b\nC\n)\u{81}", .misnamedClass), ("ca\n1.C\n)\u{81}", .misnamedClass),
            ("ca\nB.\n)\u{81}", .misnamedClass),
            ("Pother\n", .persistentID), ("U\u{1}xQ", .persistentID),
        ] as [(String, DecodeError.PickleHazard)]
    )
    func hazard(opcodes: String, hazard: DecodeError.PickleHazard) {
        let bytes = opcodes.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        #expect(Self.fault(Self.pickle(bytes)) == .unsafePickle(hazard))
    }

    @Test("A name that is no name of a class is not repeated")
    func namesAreChecked() {
        let fault = Self.fault(Self.pickle("cos; a secret\nsystem\n(tR"))
        #expect(fault?.description.contains("by what cannot be a name") == true)
        #expect(fault?.description.contains("secret") == false)
    }

    @Test("A class that a version of Django does not have is refused under its rules, and its other name is resolved")
    func classesOfVersions() throws {
        let safeUnicode = "cdjango.utils.safestring\nSafeUnicode\nX\u{1}\0\0\0b"
        let value = Self.pickle(Array(safeUnicode.utf8) + [0x85, 0x81])
        func data(_ version: String) -> String? {
            let decoder = SessionDecoder(cacheSerializer: .pickle, django: DjangoVersion(version))
            return (try? decoder.decode(value)).map { String(decoding: $0.data, as: UTF8.self) }
        }
        let object = { (name: String) in #"{"a":{"$py":"object","cls":"django.utils.safestring.\#(name)","attrs":{}}}"#
        }
        #expect(data("1.4") == object("SafeUnicode"))
        #expect(data("1.8") == object("SafeText"))
        #expect(data("4.2") == nil)
    }

    @Test("What is called by a name of an application is kept as data: the name and the arguments")
    func applicationClasses() throws {
        let enumMember = #"{"a":{"$py":"object","cls":"shop.Status","attrs":{},"args":{"$py":"tuple","v":[1]}}}"#
        #expect(try Self.rendered(Self.pickle("cshop\nStatus\n(K\u{1}tR")) == enumMember)
        let byName = enumMember.replacing("[1]", with: #"["PAID"]"#)
        #expect(try Self.rendered(Self.pickle("c__builtin__\ngetattr\n(cshop\nStatus\nU\u{4}PAIDtR")) == byName)
        let nested = Self.pickle("X\u{4}\0\0\0shopX\u{A}\0\0\0Order.Kind\u{93}K\u{1}\u{85}R", protocolVersion: 4)
        #expect(try Self.rendered(nested) == enumMember.replacing("Status", with: "Order.Kind"))
        let lazy = "cdjango.utils.functional\n_lazy_proxy_unpickle\n(cdjango.utils.translation\ngettext\n(U\u{5}Hellot}"
        let proxy =
            #""$py":"object","cls":"django.utils.functional.__proxy__","attrs":{},"args":{"$py":"tuple","v":["Hello"]}"#
        #expect(try Self.rendered(Self.pickle(lazy + "c__builtin__\nunicode\ntR")) == #"{"a":{\#(proxy)}}"#)
        let keywords = lazy.replacing("t}", with: "t}U\u{1}kK\u{1}s")
        #expect(
            try Self.rendered(Self.pickle(keywords + "c__builtin__\nunicode\ntR"))
                == #"{"a":{\#(proxy),"items":{"k":1}}}"#
        )
        let old = #"{"a":{"$py":"object","cls":"shop.Cart","attrs":{"n":1}}}"#
        #expect(try Self.rendered(Self.pickle("(ishop\nCart\n}U\u{1}nK\u{1}sb")) == old)
    }

    @Test(
        "A datetime in a zone of one offset has it, in another the zone's name, in one of an application the class's",
        arguments: [
            ("czoneinfo\nZoneInfo._unpickle\n(U\u{3}UTCI1\ntR", "+00:00", nil),
            ("czoneinfo\nZoneInfo._unpickle\n(U\u{9}Etc/GMT+5I1\ntR", "-05:00", nil),
            ("cpytz\n_p\n(U\u{3}GMTtR", "+00:00", nil),
            ("czoneinfo\nZoneInfo._unpickle\n(U\u{C}Europe/ParisI1\ntR", "", "Europe/Paris"),
            ("cdjango.utils.timezone\nLocalTimezone\n(tR", "", "django.utils.timezone.LocalTimezone"),
            ("cdateutil.tz.tz\ntzutc\n(tR", "", "dateutil.tz.tz.tzutc"),
            ("ccopy_reg\n_reconstructor\n(cshop\nZone\ncdatetime\ntzinfo\nNtR", "", "shop.Zone"),
        ] as [(String, String, String?)]
    )
    func zones(zone: String, offset: String, name: String?) throws {
        let moment = "cdatetime\ndatetime\n(U\u{A}\u{7}\u{6A}\u{1}\u{2}\u{3}\u{4}\u{5}\0\0\0" + zone + "tR"
        let tail = name.map { #","tz":"\#($0)""# } ?? ""
        #expect(
            try Self.rendered(Self.pickle(moment))
                == #"{"a":{"$py":"datetime","v":"1898-01-02T03:04:05\#(offset)"\#(tail)}}"#
        )
    }

    @Test("A zone by itself shows its name, and a Fraction any number of digits")
    func named() throws {
        let zone = Self.pickle("czoneinfo\nZoneInfo._unpickle\n(U\u{C}Europe/ParisI1\ntR")
        #expect(try Self.rendered(zone).contains(#""attrs":{"key":"Europe/Paris"}"#))
        let fraction = Self.pickle("cfractions\nFraction\n(L18446744073709551616L\nK\u{3}tR")
        #expect(try Self.rendered(fraction).contains("Fraction(18446744073709551616, 3)"))
    }

    // MARK: Python 2 and 3

    @Test("Python 2's strings beyond ASCII and protocols of Python 3 are read by the Django that has that Python")
    func pythons() {
        let ofPython2 = Self.pickle([UInt8(ascii: "U"), 1, 0xE9])
        let ofPython3: [UInt8] = [
            0x80, 0x04, UInt8(ascii: "}"), 0x8C, 1, UInt8(ascii: "a"), 0x4E, UInt8(ascii: "s"), 0x2E,
        ]
        let mixed = [0x80, 0x04] + ofPython2.dropFirst(2)
        func reads(_ value: [UInt8], _ version: String?) -> Bool {
            let decoder = SessionDecoder(cacheSerializer: .pickle, django: version.flatMap { DjangoVersion($0) })
            return (try? decoder.decode(value)) != nil
        }
        #expect(["1.4", "1.11", nil].allSatisfy { reads(ofPython2, $0) } && !reads(ofPython2, "2.0"))
        #expect(["1.11", "2.0", nil].allSatisfy { reads(ofPython3, $0) } && !reads(ofPython3, "1.4"))
        #expect(!reads(mixed, nil))
    }

    @Test("Keys that Python finds equal are one, at the first one's place with the last one's value")
    func equalKeys() throws {
        let one = try Self.rendered(Self.pickle("}(K\u{1}U\u{1}xI01\nU\u{1}yF1.0\nU\u{1}zu"))
        #expect(one == #"{"a":{"$py":"dict","v":[[1,"z"]]}}"#)
        #expect(try Self.rendered(Self.pickle("}(K\u{1}U\u{1}xU\u{1}1U\u{1}yu")).contains(#"[[1,"x"],["1","y"]]"#))
        let many = (0..<50).map { "U\u{2}\(10 + $0)K\u{1}" }.joined()
        let twice = try Self.rendered(Self.pickle("}(" + many + many.replacing("K\u{1}", with: "K\u{2}") + "u"))
        #expect(twice.contains(#""10":2,"11":2"#) && !twice.contains(":1"))
        #expect(Self.fault(Self.pickle("}]K\u{1}s")) == .unhashableKey)
        #expect(Self.fault(Self.pickle("}]\u{85}K\u{1}s".unicodeScalars.map { UInt8($0.value) })) == .unhashableKey)
    }

    // MARK: Bounds

    @Test("At each bound the value is unreadable and the bound is named; just below it passes")
    func bounds() throws {
        func check(_ opcodes: String, _ passes: DecodeBounds, _ fails: DecodeBounds, _ bound: DecodeError.Why) throws {
            let value = Self.pickle(opcodes.unicodeScalars.map { UInt8($0.value) })
            _ = try Self.rendered(value, bounds: passes)
            #expect(Self.fault(value, bounds: fails) == bound, "\(opcodes.prefix(20))")
        }
        let tuples = "K\u{1}" + String(repeating: "\u{85}", count: 20)
        try check(tuples, .init(nestingLevels: 21), .init(nestingLevels: 20), .bound(.nestingLevels, limit: 20))
        let list = "](" + String(repeating: "K\u{1}", count: 20) + "e"
        try check(list, .init(elements: 23), .init(elements: 22), .bound(.elements, limit: 22))
        try check(list, .init(opcodes: 40), .init(opcodes: 20), .bound(.opcodes, limit: 20))
        let idle = "K\u{1}" + String(repeating: "20", count: 10)
        try check(idle, .init(idleOpcodes: 20), .init(idleOpcodes: 19), .bound(.idleOpcodes, limit: 19))
        try check("K\u{1}q\u{9}", .init(memoEntries: 10), .init(memoEntries: 9), .bound(.memoEntries, limit: 9))
        try check("I123456\n", .init(integerDigits: 6), .init(integerDigits: 5), .bound(.integerDigits, limit: 5))
        let long = "\u{8A}\u{A}" + String(repeating: "\u{7F}", count: 10)
        try check(long, .init(integerDigits: 24), .init(integerDigits: 23), .bound(.integerDigits, limit: 23))
        let bytes = "V" + String(repeating: "\u{E9}", count: 100) + "\n"
        try check(bytes, .init(), .init(expandedBytes: 150), .bound(.expandedBytes, limit: 150))
        try check(bytes, .init(renderedBytes: 300), .init(renderedBytes: 8), .bound(.renderedBytes, limit: 8))
    }

    @Test("What a few bytes expand to by sharing is bounded, in values and in bytes")
    func sharing() {
        var laughs = "](K\u{1}eq\0"
        for level in 1...9 {
            let place = String(UnicodeScalar(UInt8(level - 1)))
            laughs += "0](" + String(repeating: "h" + place, count: 10) + "eq" + String(UnicodeScalar(UInt8(level)))
        }
        #expect(Self.fault(Self.pickle(laughs)) == .bound(.elements, limit: 500_000))
        let text = "V" + String(repeating: "x", count: 100_000) + "\nq\0"
        let texts = "](" + text + String(repeating: "h\0", count: 1_000) + "e"
        #expect(Self.fault(Self.pickle(texts)) == .bound(.renderedBytes, limit: 16 << 20))
        // A call that copies its argument costs what it copies.
        let codec =
            "c_codecs\nencode\nq\u{1}V" + String(repeating: "\u{E9}", count: 100_000) + "\nU\u{6}latin1\u{86}q\u{2}0"
        let copies = "](" + codec + "0" + String(repeating: "h\u{1}h\u{2}R", count: 1_000) + "e"
        #expect(
            Self.fault(Self.pickle(copies.unicodeScalars.map { UInt8($0.value) }))
                == .bound(.expandedBytes, limit: 16 << 20)
        )
    }

    @Test("A session of 200 kB passes with the defaults, as a pickle and as JSON")
    func largeSession() throws {
        let items = (0..<2_000).map {
            #"{"sku":"item-\#($0)","price":"\#($0).99","tags":["a","b"],"note":"\#(String(repeating: "x", count: 50))"}"#
        }
        let json = #"{"cart":[\#(items.joined(separator: ","))]}"#
        #expect(json.utf8.count > 200_000)
        #expect(try DjangoSessionTests.rendered(json) == json)
        let texts = (0..<20_000).map { "U\u{A}item \(10_000 + $0)" }.joined()
        #expect(try Self.rendered(Self.pickle("](" + texts + "e")).utf8.count > 200_000)
    }

    @Test("A million opcodes that nest, mark or share end in an error, not in a crash")
    func floods() {
        for flood in ["]", "(", "}", "]q\0", "(K\u{1}l"] {
            let value = Self.pickle(String(repeating: flood, count: 300_000))
            #expect(Self.fault(value) != nil)
        }
        let nested = Self.pickle(String(repeating: "]", count: 100_000) + String(repeating: "a", count: 99_999))
        #expect(Self.fault(nested) == .bound(.nestingLevels, limit: 10_000))
    }
}
