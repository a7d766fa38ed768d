/// The zlib format (RFC 1950), as Python's `zlib.decompress` reads it: one stream; bytes after it are ignored (tried on
/// CPython 3.11). A stream that needs a preset dictionary is refused.
enum Zlib {
    /// Whether the bytes begin with a header of RFC 1950, section 2.2, that asks for no preset dictionary.
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let method = bytes.first, let flags = bytes.dropFirst().first else { return false }
        let isDeflate = method & 0x0F == 8 && method >> 4 <= 7
        let hasDictionary = flags & 0x20 != 0
        return isDeflate && !hasDictionary && (UInt16(method) << 8 | UInt16(flags)) % 31 == 0
    }

    /// What the stream holds, up to `limit` bytes.
    static func decompress(_ compressed: ArraySlice<UInt8>, limit: Int) throws(DecodeError.Why) -> [UInt8] {
        var output = ExpandedBytes(of: .zlib, limit: limit)
        var rest = compressed
        try output.demandWhole(Inflater(.zlib).appendStream(from: &rest, to: &output))
        return output.bytes
    }
}
