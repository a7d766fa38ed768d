import Testing

@testable import RedisTransport

@Suite struct ScanShareTests {
    /// The cursors that Redis gives for a table of 2^bits places, a place a page.
    private func cursors(bits: Int) -> [UInt64] {
        (1..<(1 << bits)).map { index in
            (0..<bits).reduce(0) { $0 | (UInt64(index >> $1 & 1) << (bits - 1 - $1)) }
        }
    }

    @Test("A cursor tells which share of the table lies behind it, whatever its size", arguments: [1, 4, 10])
    func shares(bits: Int) {
        var share = ScanShare()
        #expect(share.value == 0)
        for (index, cursor) in cursors(bits: bits).enumerated() {
            share.advance(to: cursor)
            #expect(share.value == Double(index + 1) / Double(1 << bits))
        }
    }

    @Test("Where the table grows on the way the share goes on from where it was")
    func growth() {
        var share = ScanShare()
        for cursor in cursors(bits: 3).prefix(4) { share.advance(to: cursor) }
        #expect(share.value == 0.5)
        for cursor in cursors(bits: 6).dropFirst(32) { share.advance(to: cursor) }
        #expect(share.value == 63.0 / 64)
    }

    @Test("A cursor that goes back is of a server that counts otherwise: nothing is told from then on")
    func others() {
        var share = ScanShare()
        // A plain count.
        for cursor in [1000, 2000, 3000, 4000] as [UInt64] { share.advance(to: cursor) }
        #expect(share.value == nil)
        share.advance(to: 1)
        #expect(share.value == nil)
    }
}
