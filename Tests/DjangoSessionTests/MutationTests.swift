import DjangoSession
import Foundation
import TestSupport
import Testing

/// Real values, cut, swapped and changed at every place. A few of each kind that the vectors hold.
@Suite("Changed values")
struct MutationTests {
    @Test("Either part of a signed value, or both swapped, give its own data or none", arguments: signedValues)
    func splits(vector: ValueVector) throws {
        let decoder = vector.guessingDecoder
        let whole = try decoder.decode(vector.value)
        for index in vector.value.indices {
            let (front, back) = (vector.value[..<index], vector.value[index...])
            for part in [front, back, back + front] {
                guard let session = try? decoder.decode(Array(part)), part != vector.value[...] else { continue }
                // Base64 may lose its padding where Python needs none of it; no key and no user changes by that.
                #expect(session == whole, "split at \(index)")
            }
        }
    }

    @Test("A signed value with any byte changed gives its own data or none", arguments: signedValues)
    func changes(vector: ValueVector) throws {
        let decoder = vector.guessingDecoder
        let whole = try decoder.decode(vector.value)
        var generator = SeededGenerator(seed: UInt64(vector.value.count))
        for index in vector.value.indices {
            for byte in Self.others(than: vector.value[index], of: vector.value, by: &generator) {
                var changed = vector.value
                changed[index] = byte
                guard let session = try? decoder.decode(changed) else { continue }
                #expect(session == whole, "byte \(index) as \(byte)")
            }
        }
    }

    @Test("A cache value that is cut or changed anywhere gives a well-formed session or none", arguments: cacheValues)
    func unsigned(vector: ValueVector) throws {
        let bounds = DecodeBounds(expandedBytes: 64 << 10, renderedBytes: 256 << 10)
        let decoders = [nil, vector.serializer].map { SessionDecoder(cacheSerializer: $0, bounds: bounds) }
        var generator = SeededGenerator(seed: UInt64(vector.value.count))
        for index in vector.value.indices {
            var changed = vector.value
            changed[index] = UInt8.random(in: .min ... .max, using: &generator)
            for value in [changed, Array(vector.value[..<index]), Array(vector.value[index...])] {
                for decoder in decoders {
                    guard let session = try? decoder.decode(value) else { continue }
                    // MessagePack grows most: three bytes to ninety-seven.
                    #expect(session.data.count <= 33 * bounds.expandedBytes)
                    #expect(throws: Never.self, "byte \(index)") { try JSONValue(session.data) }
                }
            }
        }
    }

    @Test("No hostile pickle does what it says, whichever byte of it is changed", arguments: hostilePickles)
    func hostile(vector: ValueVector) {
        let decoder =
            vector.isSigned
            ? SessionDecoder(verification: .none, serializer: .pickle) : SessionDecoder(cacheSerializer: .pickle)
        for index in vector.value.indices {
            var changed = vector.value
            changed[index] ^= 1
            _ = try? decoder.decode(changed)
        }
        #expect(fault(of: vector.value, by: decoder) != nil)
        #expect(!FileManager.default.fileExists(atPath: Self.canary))
    }
}

extension MutationTests {
    /// What the hostile pickles of the vectors would create.
    private static let canary = "/tmp/sessiond_pwned"

    private static let signedValues = sample("signing.ndjson", "legacy.ndjson", "pickled.ndjson") { $0.isSigned }
    private static let cacheValues = sample("pickled.ndjson", "cache.ndjson") { !$0.isSigned }
    private static let hostilePickles = sample("refused-pickled.ndjson", "refused-cache.ndjson", perKind: 9) { vector in
        [Data(vector.value), Data(base64Encoded: Data(vector.value))]
            .contains { $0?.range(of: Data("sessiond_pwned".utf8)) != nil }
    }

    /// Up to so many values of each layout with each serializer and compression: the shortest one and some others.
    private static func sample(
        _ files: String..., perKind count: Int = 4, where isMeant: (ValueVector) -> Bool
    ) -> [ValueVector] {
        let vectors = files.flatMap { (try? ValueVector.all(in: $0)) ?? [] }
        let kinds = Dictionary(grouping: vectors.filter { isMeant($0) && $0.value.count <= longest }) { vector in
            ["layout", "serializer", "compression"].map { vector.expect[$0]?.string ?? "" }
        }
        var generator = SeededGenerator(seed: 3)
        return kinds.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { _, vectors in
            let byLength = vectors.sorted { ($0.value.count, $0.name) < ($1.value.count, $1.name) }
            return byLength.prefix(1) + byLength.dropFirst().shuffled(using: &generator).prefix(count - 1)
        }
    }

    /// Bytes of the longest value in a sample, since the time is quadratic in it.
    private static let longest = 1_000

    /// All other bytes in a short value; in a longer one those that differ by one bit, and one more.
    private static func others(
        than byte: UInt8, of value: [UInt8], by generator: inout SeededGenerator
    ) -> [UInt8] {
        if value.count <= 100 { return (UInt8.min...UInt8.max).filter { $0 != byte } }
        return [byte ^ 1, byte ^ 32, byte &+ UInt8.random(in: 1...255, using: &generator)]
    }
}
