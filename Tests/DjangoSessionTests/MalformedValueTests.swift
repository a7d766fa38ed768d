import DjangoSession
import TestSupport
import Testing

@Suite("Values that are no sessions")
struct MalformedValueTests {
    static let samples: [[UInt8]] = [
        signer.signing(loginJSON),
        signer.signing(loginJSON, compression: .never),
        signer.legacy(loginJSON),
        signer.signing("{}"),
    ]

    @Test("A value cut short anywhere at either end gives no session", arguments: samples)
    func truncations(value: [UInt8]) throws {
        let whole = try decoder.decode(value)
        for count in 0..<value.count {
            for part in [value.prefix(count), value.suffix(count)] {
                guard let session = try? decoder.decode(Array(part)) else { continue }
                // Base64 may lose its padding where Python needs none of it.
                #expect(session.data == whole.data && session.userID == whole.userID)
            }
        }
    }

    @Test("No other byte anywhere gives other data", arguments: samples)
    func changes(value: [UInt8]) throws {
        let whole = try decoder.decode(value)
        for index in value.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = value
                changed[index] = byte
                guard let session = try? decoder.decode(changed) else { continue }
                #expect(session == whole, "byte \(index) as \(byte)")
            }
        }
    }

    @Test("A byte more or less inside a signing value makes it invalid")
    func shifts() {
        let value = signer.signing(loginJSON)
        for index in value.indices {
            var shorter = value
            shorter.remove(at: index)
            var longer = value
            longer.insert(UInt8(ascii: "A"), at: index)
            #expect(fault(of: shorter) != nil && fault(of: longer) != nil, "byte \(index)")
        }
    }

    @Test(
        "What is no signed value is unreadable, and what it looks like is said",
        arguments: [
            ("", .empty), ("None", .notSigned), ("no colon", .notSigned), ("a:b c:d", .notSigned),
            (#"{"_auth_user_id":"1","_auth_user_backend":"b"}"#, .cacheValue), ("\u{FFFD}", .notSigned),
        ] as [(String, DecodeError.Why)]
    )
    func unsigned(text: String, why: DecodeError.Why) {
        #expect(fault(of: Array(text.utf8)) == .unreadable(why))
    }

    @Test("Bytes that are no text are unreadable, and a pickle is told from other bytes")
    func bytes() {
        #expect(fault(of: [0xFF, 0xFE, 0x00]) == .unreadable(.notUTF8))
        #expect(fault(of: [0x80, 0x05, 0x95] + Array("}.".utf8)) == .unreadable(.cacheValue))
        #expect(fault(of: [0xFF] + signer.legacy("{}")) == .unreadable(.notUTF8))
    }

    @Test("A signature of another form is invalid, not unreadable", arguments: ["", "=", "A", "AAAA", "A.A"])
    func signatures(text: String) {
        let parts = signer.signing(loginJSON).split(separator: UInt8(ascii: ":"))
        let value = parts[0] + Array(":1ytQ6x:\(text)".utf8)
        #expect(fault(of: Array(value)) == .invalid(.signatureMalformed))
    }

    @Test("A signature in another spelling of the same bytes is none, as in Django")
    func spellings() {
        let value = signer.signing(loginJSON)
        #expect(fault(of: value + Array("=".utf8)) == .invalid(.signatureMalformed))
        // The last character has two spare bits, so three others would decode to the same bytes.
        for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        where value.last != character {
            #expect(fault(of: value.dropLast() + [character])?.reason == "invalid")
        }
    }

    @Test(
        "A time that is not in base 62 is unreadable, however well signed",
        arguments: ["", "--1", "1.5", "a_", " 1"]
    )
    func timestamps(text: String) {
        let value = signer.signing(body: Array("e30".utf8), timestamp: Array(text.utf8))
        #expect(fault(of: value) == .unreadable(.badTimestamp))
    }

    @Test("A time may be negative, or too large to be held, which Django does not mind")
    func strangeTimestamps() throws {
        func signedAt(_ text: String) throws -> Int64? {
            try decoder.decode(signer.signing(body: Array("e30".utf8), timestamp: Array(text.utf8))).signedAt
        }
        #expect(try signedAt("-") == 0)
        #expect(try signedAt("-1C") == -74)
        #expect(try signedAt("zzzzzzzzzzzzzzzz") == nil)
        #expect(try decoder.decode(signer.signing("{}", signedAt: 1_700_000_001)).signedAt == 1_700_000_001)
    }

    @Test(
        "Base64 that ends within a group of characters is unreadable, however well signed",
        arguments: ["A", "e30AA", "e3 0", "e\n30", " e30", "=e30", "e=30", "e3 0    "]
    )
    func brokenBase64(body: String) {
        // Django counts junk when it appends the padding, so what would be whole without it need not be.
        let value = signer.signing(body: Array(body.utf8), timestamp: Array("1".utf8))
        #expect(fault(of: value) == .unreadable(.badBase64))
    }

    @Test(
        "Other base64 is read as laxly as Python reads it",
        arguments: ["e30", "e30=", "e30==", "e30=e", "e31", "e3:0*****"]
    )
    func laxBase64(body: String) throws {
        let value = signer.signing(body: Array(body.utf8), timestamp: Array("1".utf8))
        #expect(try decoder.decode(value).isEmpty)
    }

    @Test("The legacy layout may be broken into lines, as Django 1.4 writes it")
    func lines() throws {
        let value = signer.legacy(loginJSON)
        let broken = value.enumerated().flatMap {
            $0.offset % 76 == 75 ? [$0.element, UInt8(ascii: "\n")] : [$0.element]
        }
        #expect(broken.count > value.count)
        #expect(try decoder.decode(broken + Array("\n".utf8)).userID == "42")
    }

    @Test("Every description says something, and nothing of the value", arguments: samples)
    func descriptions(value: [UInt8]) {
        for count in stride(from: 0, to: value.count, by: 7) {
            let text = fault(of: Array(value.prefix(count))).map(String.init(describing:)) ?? "whole"
            #expect(!text.isEmpty && !text.contains("eyJf") && !text.contains("42"))
        }
    }
}
