import CLZ4

/// The LZ4 frame format, as python-lz4's `lz4.frame.decompress` reads it (lz4/frame/_frame.c; tried on 4.4.5): one frame,
/// whose checksums are verified where it has them; bytes after it are ignored. A skippable frame is a frame without
/// content. A dictionary is never there: a frame that names one is read as far as it does not refer to it.
///
/// A block holds at most 4 MiB, so the decompressor takes less than 9 MiB, whatever a header says.
enum LZ4 {
    /// Whether the bytes begin with the magic number of a frame.
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: [0x04, 0x22, 0x4D, 0x18])
    }

    /// What the frame holds, up to `limit` bytes.
    static func decompress(_ compressed: ArraySlice<UInt8>, limit: Int) throws(DecodeError.Why) -> [UInt8] {
        var output = ExpandedBytes(of: .lz4, limit: limit)
        var context: OpaquePointer?
        let status = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        precondition(LZ4F_isError(status) == 0, "liblz4 has its own headers, and memory")
        defer { LZ4F_freeDecompressionContext(context) }
        var rest = compressed
        let end = output.appendStream(from: &rest) { source, target in
            var consumed = source.count
            var produced = target.count
            let hint = LZ4F_decompress(context, target.baseAddress, &produced, source.baseAddress, &consumed, nil)
            // After an error the library has not said how much it read and wrote.
            guard LZ4F_isError(hint) == 0 else { return ExpandedBytes.Step(consumed: 0, produced: 0, end: .damaged) }
            return ExpandedBytes.Step(consumed: consumed, produced: produced, end: hint == 0 ? .whole : nil)
        }
        try output.demandWhole(end)
        return output.bytes
    }
}
