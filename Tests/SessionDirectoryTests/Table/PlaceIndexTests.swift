import TestSupport
import Testing

@testable import SessionDirectory

@Suite struct PlaceIndexTests {
    /// A poor hash, so that rows of neighbours and equal tags are common.
    private static func hash(_ place: UInt32) -> UInt64 { UInt64(place % 97) << 58 | UInt64(place % 5) }

    @Test("Finds what was added and not removed, as a set does", arguments: 0..<20)
    func asSet(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var index = PlaceIndex()
        var expected: Set<UInt32> = []
        for _ in 0..<3000 {
            let place = UInt32.random(in: 0..<400, using: &random)
            if expected.contains(place) {
                index.remove(place, Self.hash(place))
                expected.remove(place)
            } else {
                index.insert(place, Self.hash(place), hashOf: Self.hash)
                expected.insert(place)
            }
            #expect(index.count == expected.count)
            let sought = UInt32.random(in: 0..<400, using: &random)
            let found = index.find(Self.hash(sought)) { $0 == sought }
            #expect(found == (expected.contains(sought) ? sought : nil))
        }
        for place in UInt32(0)..<400 {
            #expect((index.find(Self.hash(place)) { $0 == place } != nil) == expected.contains(place))
        }
    }

    @Test("A place takes the place of another one")
    func replacing() {
        var index = PlaceIndex()
        index.insert(1, 7) { _ in 7 }
        index.replace(1, 7, by: 2)
        #expect(index.find(7) { $0 == 1 } == nil)
        #expect(index.find(7) { $0 == 2 } == 2)
        #expect(index.count == 1)
    }

    @Test("Coming and going without end does not fill it with graves")
    func churn() {
        var index = PlaceIndex()
        for place in UInt32(0)..<100_000 {
            index.insert(place, UInt64(place) &* 0x9E37_79B9_7F4A_7C15) { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
            index.remove(place, UInt64(place) &* 0x9E37_79B9_7F4A_7C15)
        }
        #expect(index.count == 0)
        #expect(index.slotCount <= 64)
    }
}
