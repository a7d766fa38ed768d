import CZstd

/// The Zstandard format (RFC 8878), as `pyzstd.decompress` and Python's `compression.zstd.decompress` read it (CPython,
/// Lib/compression/zstd; tried on pyzstd 0.20): frames one after another, skippable ones among them, with checksums
/// verified; anything else after a frame is an error. A frame that names a dictionary is refused, and so are the formats
/// before Zstandard 0.8, which a library may still read.
///
/// The window, which a frame's header sets, is bounded by `DecodeBounds.decompressorBytes`: 64 MiB, where Python takes
/// 128 MiB. Presets up to 19 need 8 MiB, and one of a whole value never more than the value is long.
enum Zstandard {
    /// Whether the bytes begin with the magic number of a frame.
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
    }

    /// What the frames hold together, up to `limit` bytes.
    static func decompress(_ compressed: ArraySlice<UInt8>, limit: Int) throws(DecodeError.Why) -> [UInt8] {
        var output = ExpandedBytes(of: .zstd, limit: limit)
        guard let context = ZSTD_createDCtx() else { preconditionFailure("libzstd has memory") }
        defer { ZSTD_freeDCtx(context) }
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLogMax)
        var rest = compressed
        repeat {
            guard isLikely(rest) || isSkippable(rest) else { throw .badCompression(.zstd) }
            let end = output.appendStream(from: &rest) { source, target in
                var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var written = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                let hint = ZSTD_decompressStream(context, &written, &input)
                return ExpandedBytes.Step(consumed: input.pos, produced: written.pos, end: Self.end(hint))
            }
            try output.demandWhole(end)
        } while !rest.isEmpty
        return output.bytes
    }

    private static func end(_ hint: Int) -> ExpandedBytes.End? {
        guard ZSTD_isError(hint) == 0 else {
            switch ZSTD_getErrorCode(hint) {
            case ZSTD_error_frameParameter_windowTooLarge, ZSTD_error_memory_allocation: return .tooMuchMemory
            default: return .damaged
            }
        }
        return hint == 0 ? .whole : nil
    }

    private static func isSkippable(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first.map { $0 & 0xF0 == 0x50 } ?? false && bytes.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
    }

    /// Binary logarithm of the largest window that leaves room for the context and two blocks of 128 KiB in
    /// `DecodeBounds.decompressorBytes`.
    private static let windowLogMax: Int32 = 26
}
