import TestSupport
import Testing

@testable import SessionModel

@Suite struct PackedUserIDTests {
    @Test(
        "Numbers, short texts and UUIDs come out as they went in",
        arguments: [
            "", "1", "42", "999999999999999", "anna", "é", "O'Neill", "fifteen bytes..",
            "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "customer-de-0000042", "ABCDEFGHIJKLMNOPQRST",
            "UVWXYZ_-0123456789ab",
            "aaaaaaaaaaaaaaaa", "99999999999999999999", "____________________",
        ])
    func roundTrip(text: String) throws {
        let id = UserID(text)
        let packed = try #require(PackedUserID(id))
        #expect(packed.userID == id)
        #expect(PackedUserID(packed.userID) == packed)
    }

    @Test(
        "What is longer, or would have to be escaped, is not packed",
        arguments: [
            "sixteen bytes...", "123456789012345678901", "twenty-one-bytes-long", "a\"b", "a\\b", "a\nb", "\u{0}",
            "3F2504E0-4F89-41D3-9A0C-0305E82C3301", "3f2504e04f8941d39a0c0305e82c3301",
            "3f2504e0-4f89-41d3-9a0c-0305e82c330g", "3f2504e0+4f89-41d3-9a0c-0305e82c3301",
            "3f2504e0-4f89-41d3-9a0c-0305e82c33012",
        ])
    func others(text: String) {
        #expect(PackedUserID(UserID(text)) == nil)
    }

    @Test("No two ids are one")
    func distinct() {
        var random = SeededGenerator(seed: 1)
        var ids: Set<String> = ["", "0", "00"]
        for _ in 0..<500 { ids.insert(String(UInt32.random(in: 0..<5000, using: &random))) }
        let packed = ids.sorted().map { PackedUserID(UserID($0)) }
        for (place, one) in packed.enumerated() { #expect(packed.firstIndex(of: one) == place) }
    }
}
