import CLZMA

/// The `.xz` and `.lzma` formats, as Python's `lzma.decompress` with `FORMAT_AUTO` reads them (CPython, Lib/lzma.py; tried
/// on 3.11): streams one after another, of either format, with xz's checks verified. What follows a whole stream and is
/// none is ignored; where it begins as one and ends too early, it is an error, and so one zero byte is (a `.lzma` stream
/// may begin with it).
///
/// A stream may ask for `DecodeBounds.decompressorBytes` of memory, where Python sets no bound: enough for all presets of
/// xz (django-redis writes preset 4), and a larger dictionary takes intent.
enum LZMA {
    /// Whether the bytes begin with xz's magic bytes, or as every preset of xz writes the `.lzma` format, which has none.
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) || bytes.starts(with: [0x5D, 0, 0])
    }

    /// What the streams hold together, up to `limit` bytes.
    static func decompress(_ compressed: ArraySlice<UInt8>, limit: Int) throws(DecodeError.Why) -> [UInt8] {
        var output = ExpandedBytes(of: .lzma, limit: limit)
        var stream = lzma_stream()
        defer { lzma_end(&stream) }
        var rest = compressed
        repeat {
            // A decoder in use is set up anew with the memory that it has.
            let status = lzma_auto_decoder(&stream, UInt64(DecodeBounds.decompressorBytes), 0)
            precondition(status == LZMA_OK, "liblzma has its own headers, and memory")
            let start = output.bytes.count
            let isFirst = rest.startIndex == compressed.startIndex
            let end = output.appendStream(from: &rest) { advance(&stream, source: $0, target: $1) }
            if case .damaged = end, !isFirst {
                output.truncate(to: start)
                break
            }
            try output.demandWhole(end)
        } while !rest.isEmpty
        return output.bytes
    }

    private static func advance(
        _ stream: inout lzma_stream,
        source: UnsafeRawBufferPointer,
        target: UnsafeMutableBufferPointer<UInt8>
    ) -> ExpandedBytes.Step {
        stream.next_in = source.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.avail_in = source.count
        stream.next_out = target.baseAddress
        stream.avail_out = target.count
        let end: ExpandedBytes.End? =
            switch lzma_code(&stream, LZMA_RUN) {
            case LZMA_STREAM_END: .whole
            case LZMA_OK, LZMA_BUF_ERROR: nil
            case LZMA_MEMLIMIT_ERROR, LZMA_MEM_ERROR: .tooMuchMemory
            default: .damaged
            }
        return ExpandedBytes.Step(
            consumed: source.count - stream.avail_in,
            produced: target.count - stream.avail_out,
            end: end
        )
    }
}
