import FuzzSupport
import RESP

/// What libFuzzer calls with every input (https://llvm.org/docs/LibFuzzer.html): a byte that says how the rest is cut, one whose
/// highest bit asks for small bounds, and the bytes of a server.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard input.count >= 2 else { return 0 }
    ReplyChecks.check(
        Array(input.dropFirst(2)), cut: input[0], bounds: input[1] >= 0x80 ? ReplyChecks.small : ReplyBounds())
    return 0
}

/// What holds for everything that a server can send. A check that fails traps, so that libFuzzer keeps the input.
enum ReplyChecks {
    static let small: ReplyBounds = {
        var bounds = ReplyBounds()
        (bounds.stringBytes, bounds.shortStringBytes, bounds.replyBytes) = (64, 8, 100)
        (bounds.elementCount, bounds.nestingLevels, bounds.lineBytes) = (16, 3, 40)
        return bounds
    }()

    /// Values, and whether an error ended them.
    struct Outcome: Equatable {
        var values: [RESPValue] = []
        var isRefused = false
    }

    static func check(_ bytes: [UInt8], cut: UInt8, bounds: ReplyBounds) {
        let expected = PlainReader.read(bytes, bounds)
        precondition(read(bytes, .whole, bounds) == expected, "the reader reads what the plain one reads")
        precondition(read(bytes, .bytes, bounds) == expected, "bytes may drip")
        precondition(read(bytes, .uneven(cut), bounds) == expected, "bytes may come in any pieces")
    }

    private static func read(_ bytes: [UInt8], _ cut: Fuzzer.Cut, _ bounds: ReplyBounds) -> Outcome {
        var outcome = Outcome()
        guard var reader = try? RESPReader(bounds: bounds) else { preconditionFailure("out of memory") }
        for piece in Fuzzer.pieces(of: bytes, cut) {
            do throws(RESPError) {
                let refusal = feed(piece, to: &reader)
                while let value = try reader.next() { outcome.values.append(value) }
                if let refusal { throw refusal }
            } catch {
                precondition(error.description.utf8.count < 200, "an error is a sentence, whatever was sent")
                outcome.isRefused = true
                return outcome
            }
        }
        return outcome
    }

    private static func feed(_ piece: ArraySlice<UInt8>, to reader: inout RESPReader) -> RESPError? {
        let result = piece.withUnsafeBytes { bytes in
            Result { () throws(RESPError) in try reader.feed(bytes) }
        }
        return if case .failure(let error) = result { error } else { nil }
    }
}
