/// The position of an event: `<run, 16 hex>-<sequence, 16 hex>`, 33 ASCII bytes that sort as the events do.
///
/// Every start of the daemon opens a later run; sequence 0 is the position before a run's first event.
package struct EventID: Hashable, Sendable, Comparable {
    package let run: UInt64
    package let sequence: UInt64

    package init(run: UInt64, sequence: UInt64) {
        self.run = run
        self.sequence = sequence
    }

    /// Nil unless the text has exactly the form that ``description`` writes.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard bytes.count == 33, bytes.dropFirst(16).first == UInt8(ascii: "-"),
            let run = UInt64(lowercaseHex: bytes.prefix(16)),
            let sequence = UInt64(lowercaseHex: bytes.dropFirst(17))
        else { return nil }
        self.init(run: run, sequence: sequence)
    }

    package static func < (left: EventID, right: EventID) -> Bool {
        (left.run, left.sequence) < (right.run, right.sequence)
    }
}

extension EventID: CustomStringConvertible {
    package var description: String { run.fixedWidthHex + "-" + sequence.fixedWidthHex }

    /// The run alone, 16 hexadecimal digits.
    package var runText: String { run.fixedWidthHex }
}
