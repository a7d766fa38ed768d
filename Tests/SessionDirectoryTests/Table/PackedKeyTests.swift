import SessionModel
import TestSupport
import Testing

@testable import SessionDirectory

@Suite struct PackedKeyTests {
    private static let characters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private static func packed(_ bytes: [UInt8]) -> PackedKey? { PackedKey(bytes.span.bytes) }

    @Test("A key of Django's comes out as it went in, and no two are one")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 1)
        var seen: [[UInt8]: PackedKey] = [:]
        for number in 0..<2000 {
            let bytes: [UInt8] =
                number < 36
                ? Array(repeating: Self.characters[number], count: 32)
                : (0..<32).map { _ in Self.characters[Int.random(in: 0..<36, using: &random)] }
            let key = try #require(Self.packed(bytes))
            #expect(key.bytes == bytes)
            #expect(key != .none)
            #expect(key.hash == Self.packed(bytes)?.hash)
            seen[bytes] = key
        }
        #expect(seen.values.allSatisfy { key in seen[key.bytes] == key })
    }

    @Test("Every place of a key counts")
    func places() throws {
        let base = Array(repeating: UInt8(ascii: "a"), count: 32)
        let keys = try (0..<32).map { place in
            var bytes = base
            bytes[place] = UInt8(ascii: "9")
            return try #require(Self.packed(bytes))
        }
        for (place, key) in keys.enumerated() {
            #expect(keys.enumerated().allSatisfy { ($0.offset == place) == ($0.element == key) })
        }
    }

    @Test("Keys that hardly differ have hashes of which each bit is as often set as not")
    func hashes() throws {
        let count = 36 * 36 * 36
        var seen: Set<UInt64> = []
        var setCounts = Array(repeating: 0, count: 64)
        for number in 0..<count {
            var bytes = Array(repeating: UInt8(ascii: "a"), count: 32)
            for (place, digit) in [(3, number % 36), (17, number / 36 % 36), (30, number / 1296)] {
                bytes[place] = Self.characters[digit]
            }
            let hash = try #require(Self.packed(bytes)).hash
            seen.insert(hash)
            for bit in 0..<64 where hash >> bit & 1 == 1 { setCounts[bit] += 1 }
        }
        #expect(seen.count == count)
        #expect(setCounts.allSatisfy { abs($0 * 20 - count * 10) < count })
    }

    @Test("Other keys are not packed: one byte of any other value, or another length")
    func others() {
        let base = Array(repeating: UInt8(ascii: "m"), count: 32)
        for byte in UInt8.min...UInt8.max where !Self.characters.contains(byte) {
            for place in [0, 13, 31] {
                var bytes = base
                bytes[place] = byte
                #expect(Self.packed(bytes) == nil)
            }
        }
        #expect(Self.packed(Array(base.dropLast())) == nil)
        #expect(Self.packed(base + [UInt8(ascii: "m")]) == nil)
        #expect(Self.packed([]) == nil)
    }
}
