import CZlib

/// The gzip format (RFC 1952), as Python's `gzip.decompress` reads it (CPython, Lib/gzip.py; tried on 3.11): members one
/// after another, zero bytes after a member are skipped, anything else there is an error, and no bytes at all are no
/// members. A member's CRC-32 and length are checked; its header's checksum and the flags without a meaning are not.
enum Gzip {
    /// Whether the bytes begin as a member: the two magic bytes and the only method there is, deflate.
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: [0x1F, 0x8B, 8])
    }

    /// What the members hold together, up to `limit` bytes.
    static func decompress(_ compressed: ArraySlice<UInt8>, limit: Int) throws(DecodeError.Why) -> [UInt8] {
        var output = ExpandedBytes(of: .gzip, limit: limit)
        let inflater = Inflater(.none)
        var rest = compressed
        while !rest.isEmpty {
            guard let body = afterHeader(of: rest) else { throw .badCompression(.gzip) }
            rest = body
            let start = output.bytes.count
            try output.demandWhole(inflater.appendStream(from: &rest, to: &output))
            guard rest.count >= 8,
                littleEndian(rest.prefix(4)) == checksum(output.bytes[start...]),
                littleEndian(rest.dropFirst(4).prefix(4)) == UInt32(truncatingIfNeeded: output.bytes.count - start)
            else { throw .badCompression(.gzip) }
            rest = rest.dropFirst(8).drop { $0 == 0 }
        }
        return output.bytes
    }

    /// The deflate data and what follows it; nil where there is no whole header (RFC 1952, section 2.3).
    private static func afterHeader(of member: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard isLikely(member), member.count >= 10 else { return nil }
        let flags = member[member.startIndex + 3]
        var rest = member.dropFirst(10)
        if flags & 4 != 0 {
            guard rest.count >= 2 else { return nil }
            rest = rest.dropFirst(2 + Int(littleEndian(rest.prefix(2))))
        }
        // The file's name and a comment, each up to a zero byte.
        for flag: UInt8 in [8, 16] where flags & flag != 0 { rest = rest.drop { $0 != 0 }.dropFirst() }
        return flags & 2 != 0 ? rest.dropFirst(2) : rest
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(crc32_z(0, $0.baseAddress, $0.count)) }
    }
}
