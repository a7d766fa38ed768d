/// What comes out of a compressed payload, and no more of it than a limit.
///
/// Memory follows what really comes out, in steps, whatever a header claims: at most one and a half times the limit, while
/// the array grows, and one step.
struct ExpandedBytes {
    /// What came out so far.
    private(set) var bytes: [UInt8] = []
    private let format: DecodedSession.Compression
    private let limit: Int

    /// Nothing yet; `format` is the one that errors name, `limit` is in bytes.
    init(of format: DecodedSession.Compression, limit: Int) {
        self.format = format
        self.limit = limit
    }

    /// What one call of a library did.
    struct Step {
        /// Bytes of the source that it is done with.
        let consumed: Int
        /// Bytes that it wrote.
        let produced: Int
        /// Nil where the stream goes on.
        let end: End?
    }

    /// How a stream ended.
    enum End {
        case whole
        /// The source ends before the stream does.
        case cutShort
        case damaged
        /// More would come out than `limit`.
        case tooLong
        /// The stream asks for more memory than `DecodeBounds.decompressorBytes`, or than there is.
        case tooMuchMemory
    }

    /// Appends the stream at the beginning of `source`, by calls of a library that reads the first buffer and writes to the
    /// second one, and takes from `source` what was read.
    mutating func appendStream(
        from source: inout ArraySlice<UInt8>,
        advance: (UnsafeRawBufferPointer, UnsafeMutableBufferPointer<UInt8>) -> Step
    ) -> End {
        var consumed = 0
        let end = source.withUnsafeBytes { source in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.stepBytes) { target in
                while true {
                    let step = advance(UnsafeRawBufferPointer(rebasing: source[consumed...]), target)
                    consumed += step.consumed
                    guard append(UnsafeMutableBufferPointer(rebasing: target[..<step.produced])) else {
                        return End.tooLong
                    }
                    if let end = step.end { return end }
                    // The whole rest of the source was offered: without progress there is nothing to wait for.
                    if step.consumed == 0, step.produced == 0 { return .cutShort }
                }
            }
        }
        source = source.dropFirst(consumed)
        return end
    }

    /// False, and nothing is appended, where that would pass the limit.
    private mutating func append(_ produced: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        let count = bytes.count + produced.count
        guard count <= limit else { return false }
        if count > bytes.capacity { bytes.reserveCapacity(min(limit, max(count, 2 * bytes.count))) }
        bytes.append(contentsOf: produced)
        return true
    }

    /// Takes back what came out after the first `count` bytes.
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }

    /// The error for a stream that did not come out whole.
    func demandWhole(_ end: End) throws(DecodeError.Why) {
        switch end {
        case .whole: return
        case .cutShort, .damaged: throw .badCompression(format)
        case .tooLong: throw .bound(.expandedBytes, limit: limit)
        case .tooMuchMemory: throw .bound(.decompressorBytes, limit: DecodeBounds.decompressorBytes)
        }
    }

    /// Bytes that one call may produce.
    private static let stepBytes = 32 << 10
}
