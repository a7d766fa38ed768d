import DjangoSession
import TestSupport
import Testing

@Suite("Bounds")
struct BoundsTests {
    @Test("A bomb ends at the bound on expanded bytes, in the steps that memory is taken in")
    func bomb() {
        let bomb = signer.signing([UInt8](repeating: UInt8(ascii: " "), count: 64 << 20), compression: .always)
        #expect(bomb.count < 100_000)
        #expect(fault(of: bomb) == .unreadable(.bound(.expandedBytes, limit: 16 << 20)))
    }

    @Test("A payload of just the bound passes, of one byte more does not, compressed or not")
    func expandedBytes() throws {
        let payload = #"{"a":"\#(String(repeating: "x", count: 100_000))"}"#
        for compression in [DjangoSigner.Compression.always, .never] {
            let value = signer.signing(payload, compression: compression)
            for (limit, passes) in [(payload.utf8.count, true), (payload.utf8.count - 1, false)] {
                let decoder = SessionDecoder(verification: .none, bounds: DecodeBounds(expandedBytes: limit))
                let expected: DecodeError? = passes ? nil : .unreadable(.bound(.expandedBytes, limit: limit))
                #expect(fault(of: value, by: decoder) == expected)
            }
        }
        let decoder = SessionDecoder(verification: .none, bounds: DecodeBounds(expandedBytes: payload.utf8.count - 1))
        let expected = DecodeError.unreadable(.bound(.expandedBytes, limit: payload.utf8.count - 1))
        #expect(fault(of: signer.legacy(payload), by: decoder) == expected)
    }

    @Test("A million levels of nesting cost no stack and end at the bound")
    func nesting() throws {
        let limit = DecodeBounds().nestingLevels
        for (opening, closing) in [("[", "]"), (#"{"a":"#, "}")] {
            func payload(levels: Int) -> String {
                #"{"a":"# + String(repeating: opening, count: levels - 1) + "1"
                    + String(repeating: closing, count: levels - 1)
                    + "}"
            }
            #expect(fault(inPayload: payload(levels: 1_000_000)) == .unreadable(.bound(.nestingLevels, limit: limit)))
            #expect(fault(inPayload: payload(levels: limit + 1)) == .unreadable(.bound(.nestingLevels, limit: limit)))
            #expect(try rendered(payload(levels: limit)) == payload(levels: limit))
        }
    }

    @Test("Repeated and tagged names at every level are settled in linear time")
    func nestedRepetitions() throws {
        let levels = 2_000
        let payload =
            String(repeating: #"{"a":0,"$py":1,"a":"#, count: levels) + "2" + String(repeating: "}", count: levels)
        let expected =
            String(repeating: #"{"$py":"dict","v":[["a","#, count: levels) + "2"
            + String(repeating: #"],["$py",1]]}"#, count: levels)
        #expect(try rendered(payload) == expected)
    }

    @Test("An integer has at most so many digits; a float may have more")
    func digits() throws {
        let bounds = DecodeBounds(integerDigits: 30)
        let digits = String(repeating: "9", count: 30)
        #expect(
            fault(inPayload: #"{"a":\#(digits)9}"#, bounds: bounds) == .unreadable(.bound(.integerDigits, limit: 30))
        )
        #expect(
            fault(inPayload: #"{"a":-\#(digits)9}"#, bounds: bounds) == .unreadable(.bound(.integerDigits, limit: 30))
        )
        #expect(try rendered(#"{"a":-\#(digits)}"#, bounds: bounds) == #"{"a":{"$py":"int","v":"-\#(digits)"}}"#)
        #expect(try rendered(#"{"a":0.\#(digits)9}"#, bounds: bounds) == #"{"a":{"$py":"float","v":"1.0"}}"#)
    }

    @Test("A session has at most so many values")
    func elements() throws {
        let bounds = DecodeBounds(elements: 4)
        #expect(try rendered(#"{"a":[1,2]}"#, bounds: bounds) == #"{"a":[1,2]}"#)
        #expect(fault(inPayload: #"{"a":[1,2,3]}"#, bounds: bounds) == .unreadable(.bound(.elements, limit: 4)))
    }
}
