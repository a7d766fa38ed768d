/// Collects the answers of a batch, in any order, into the one line that it gets.
package struct BatchAnswer: Sendable {
    private var bytes: [UInt8] = [UInt8(ascii: "[")]

    /// An answer without parts.
    package init() {}

    /// The size so far in bytes, for a limit.
    package var byteCount: Int {
        bytes.count
    }

    /// Adds the answer to a request; `result` is JSON text.
    package mutating func success(_ id: RawID, result: some Collection<UInt8>) {
        separate()
        AnswerText.success(id, result: result, to: &bytes)
    }

    /// Adds the refusal of a request.
    package mutating func failure(_ id: RawID, _ error: RPCError) {
        separate()
        AnswerText.failure(id, error, to: &bytes)
    }

    /// Appends the line; appends nothing where there was nothing to answer.
    package consuming func finish(to line: inout [UInt8]) {
        guard bytes.count > 1 else {
            return
        }
        line.append(contentsOf: bytes)
        line.append(UInt8(ascii: "]"))
        line.append(0x0A)
    }

    private mutating func separate() {
        if bytes.count > 1 {
            bytes.append(UInt8(ascii: ","))
        }
    }
}
