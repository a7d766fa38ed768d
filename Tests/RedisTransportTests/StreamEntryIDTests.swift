import Testing

@testable import RedisTransport

/// Ids of stream entries, as a server may write them.
@Suite struct StreamEntryIDTests {
    private static let max = UInt64.max

    @Test(
        "What follows an entry is the next number, of the next millisecond behind the last one, and nothing at the end")
    func next() throws {
        func next(_ text: String) throws -> String? {
            try #require(StreamEntryID(Array(text.utf8))).next?.description
        }
        #expect(try next("5-0") == "5-1")
        #expect(try next("5-\(Self.max)") == "6-0")
        #expect(try next("\(Self.max)-\(Self.max)") == nil)
    }

    @Test("Other texts are none", arguments: ["", "5", "5-", "-5", "5-1-1", "5--1", "x-1", "\(max)0-1", "5-\(max)0"])
    func others(text: String) {
        #expect(StreamEntryID(Array(text.utf8)) == nil)
    }

    @Test("They are ordered by time, then by number")
    func order() {
        let ids =
            [StreamEntryID(milliseconds: 5)] + ["5-1", "6-0", "10-0"].compactMap { StreamEntryID(Array($0.utf8)) }
        #expect(ids.count == 4 && ids == ids.sorted())
    }
}
