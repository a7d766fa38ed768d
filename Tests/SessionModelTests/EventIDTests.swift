import SessionModel
import TestSupport
import Testing

@Suite struct EventIDTests {
    @Test(
        "What description would not write is no id",
        arguments: [
            "", "-", "0000000000000001-000000000000000", "0000000000000001-00000000000000002",
            "00000000000000010000000000000002",
            "0000000000000001_0000000000000002", "000000000000000A-0000000000000002",
            " 000000000000001-0000000000000002",
            "000000000000001-00000000000000002", "+000000000000001-0000000000000002",
            "é00000000000001-0000000000000002",
        ]
    )
    func refused(text: String) {
        #expect(EventID(text) == nil)
    }

    @Test("The order of ids is the order of their texts' bytes, and each text reads back")
    func order() throws {
        let edges: [UInt64] = [0, 1, 9, 10, 15, 16, 255, 1 << 32, .max - 1, .max]
        let ids = edges.flatMap { run in edges.map { EventID(run: run, sequence: $0) } }
        for left in ids {
            #expect(EventID(left.description) == left)
            #expect(left.description.utf8.count == 33)
            for right in ids {
                #expect((left < right) == left.description.utf8.lexicographicallyPrecedes(right.description.utf8))
            }
        }
    }

    @Test("The text is the run and the sequence in hexadecimal")
    func text() {
        let id = EventID(run: 0x1_988A_3C5D_20AB, sequence: 31)
        #expect(id.description == "0001988a3c5d20ab-000000000000001f")
        #expect(id.runText == "0001988a3c5d20ab")
    }
}
