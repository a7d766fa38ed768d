/// The id of an entry of a Redis Stream, `<milliseconds>-<number>`; the text of a server, which is not trusted to be one.
struct StreamEntryID: Comparable, CustomStringConvertible {
    private var milliseconds: UInt64
    private var number: UInt64

    init(milliseconds: UInt64) {
        (self.milliseconds, number) = (milliseconds, 0)
    }

    init?(_ text: [UInt8]) {
        let parts = String(decoding: text, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = UInt64(parts[0]), let number = UInt64(parts[1]) else { return nil }
        (self.milliseconds, self.number) = (milliseconds, number)
    }

    /// The least one behind it; nil behind the last one that there can be. Redis before 6.2 has no `(` for what is excluded.
    var next: StreamEntryID? {
        var next = self
        guard number == .max else {
            next.number += 1
            return next
        }
        guard milliseconds < .max else { return nil }
        (next.milliseconds, next.number) = (milliseconds + 1, 0)
        return next
    }

    static func < (left: StreamEntryID, right: StreamEntryID) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }

    var description: String { "\(milliseconds)-\(number)" }
}
