package import RESP

/// What a SCAN answered.
package struct ScanPage {
    /// Names of keys, as the server sent them.
    package let names: [RESPValue]
    /// Where the next page begins.
    package let cursor: [UInt8]
    package var isLast: Bool { cursor == Self.start }

    /// Where the first page begins.
    package static let start = Array("0".utf8)

    /// Nil for anything but a page.
    package init?(_ reply: RESPValue?) {
        guard case .array(let parts)? = reply, parts.count == 2, let cursor = parts[0].bytes, Self.isCursor(cursor),
            case .array(let names) = parts[1]
        else { return nil }
        self.names = names
        self.cursor = cursor
    }

    /// A cursor is an integer of 64 bits: anything else would be sent back with every page.
    private static func isCursor(_ bytes: [UInt8]) -> Bool {
        UInt64(String(decoding: bytes, as: UTF8.self)) != nil
    }

    /// The question for a page.
    ///
    /// - Parameters:
    ///   - glob: which names are wanted; nil for all.
    ///   - count: how many keys are to be looked at, about.
    package static func command(from cursor: [UInt8], matching glob: [UInt8]?, count: Int) -> [[UInt8]] {
        let match = glob.map { [Array("MATCH".utf8), $0] } ?? []
        return [Array("SCAN".utf8), cursor] + match + [Array("COUNT".utf8), Array(String(count).utf8)]
    }
}
