import JSONRPC
import SessionModel

/// Answers lines that ask who is behind a session, without reading JSON: those of one shape, as long as memory knows.
///
/// ```
///   input   line line line line …      some are recognised
///               │ keys
///               ▼
///   lookup  identities …               are looked up together
///               │
///               ▼
///   output  line line line …           and their answers are written one behind the other
/// ```
struct IdentityLines {
    let shape: RequestShape
    /// Lines that take more with their ends are left to the general way.
    let lineBytesMax: Int
    let lookup: any SessionLookup

    /// How many are looked up together, by one reading of the clock, and how many are answered before others have their turn.
    private static let (togetherMax, countMax) = (32, 1024)

    /// - Parameters:
    ///   - bytesMax: with so many bytes of output no further lines are read.
    ///   - count: how many lines were answered; is added to.
    /// - Returns: how many bytes of the input were read.
    func answer(
        _ input: UnsafeRawBufferPointer, to output: inout [UInt8], bytesMax: Int, count: inout Int
    ) -> Int {
        withUnsafeTemporaryAllocation(of: RequestShape.Variables.self, capacity: Self.togetherMax) { lines in
            withUnsafeTemporaryAllocation(of: Range<Int>.self, capacity: Self.togetherMax) { keys in
                var start = 0
                while count < Self.countMax, output.count < bytesMax {
                    let recognised = recognise(input, from: start, lines, keys)
                    guard recognised > 0 else { break }
                    let told = lookup.identities(
                        ofKeys: UnsafeBufferPointer(rebasing: keys[..<recognised]), in: input, at: lookup.uptime
                    ) { number, identity in
                        let id = UnsafeRawBufferPointer(rebasing: input[lines[number].id])
                        IdentityLine.append(identity, id: id, to: &output)
                    }
                    count += told
                    if told > 0 { start = lines[told - 1].end }
                    if told < Self.togetherMax { break }
                }
                return start
            }
        }
    }

    /// Finds the next lines of the shape.
    ///
    /// - Returns: how many.
    private func recognise(
        _ input: UnsafeRawBufferPointer, from start: Int, _ lines: UnsafeMutableBufferPointer<RequestShape.Variables>,
        _ keys: UnsafeMutableBufferPointer<Range<Int>>
    ) -> Int {
        var (count, start) = (0, start)
        while count < lines.count, let line = shape.match(input, at: start), line.end - start <= lineBytesMax {
            lines.initializeElement(at: count, to: line)
            keys.initializeElement(at: count, to: line.key)
            start = line.end
            count += 1
        }
        return count
    }
}
