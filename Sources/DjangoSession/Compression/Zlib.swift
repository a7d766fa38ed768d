import CZlib

/// The zlib format (RFC 1950), as Python's `zlib.decompress` reads it.
enum Zlib {
    /// Whether the bytes begin with a header of RFC 1950, section 2.2, that asks for no preset dictionary.
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let method = bytes.first, let flags = bytes.dropFirst().first else { return false }
        let isDeflate = method & 0x0F == 8 && method >> 4 <= 7
        let hasDictionary = flags & 0x20 != 0
        return isDeflate && !hasDictionary && (UInt16(method) << 8 | UInt16(flags)) % 31 == 0
    }

    /// The inflated bytes; bytes after the stream are ignored. Memory follows what really comes out, in steps, and never
    /// passes `limit` by more than one step.
    static func decompress(_ compressed: ArraySlice<UInt8>, limit: Int) throws(DecodeError.Why) -> [UInt8] {
        var stream = z_stream()
        let outcome: Outcome = withUnsafeMutablePointer(to: &stream) { stream in
            // zlib checks that a stream stays at its address, so all calls are inside this closure.
            guard inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                return .damaged
            }
            defer { inflateEnd(stream) }
            return compressed.withUnsafeBytes { source in
                drain(stream, source: source, limit: limit)
            }
        }
        switch outcome {
        case .whole(let bytes): return bytes
        case .damaged: throw .badCompression(.zlib)
        case .tooLong: throw .bound(.expandedBytes, limit: limit)
        }
    }

    private enum Outcome {
        case whole([UInt8])
        case damaged
        case tooLong
    }

    private static func drain(
        _ stream: UnsafeMutablePointer<z_stream>,
        source: UnsafeRawBufferPointer,
        limit: Int
    ) -> Outcome {
        // zlib counts input in 32 bits; Redis's own limit of 512 MiB on a value is far below.
        guard let sourceCount = UInt32(exactly: source.count) else { return .damaged }
        // zlib's own declaration lacks `const`; it only reads.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: source.assumingMemoryBound(to: Bytef.self).baseAddress
        )
        stream.pointee.avail_in = sourceCount
        var bytes: [UInt8] = []
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: stepBytes) { step in
            while true {
                stream.pointee.next_out = step.baseAddress
                stream.pointee.avail_out = UInt32(stepBytes)
                // With Z_FINISH a session that fits into one step needs no window of zlib's.
                let status = inflate(stream, Z_FINISH)
                let produced = stepBytes - Int(stream.pointee.avail_out)
                guard bytes.count + produced <= limit else { return .tooLong }
                bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: step[..<produced]))
                if status == Z_STREAM_END { return .whole(bytes) }
                // Z_BUF_ERROR with a full step means that there is more; without, the stream is cut short.
                guard status == Z_OK || status == Z_BUF_ERROR, stream.pointee.avail_out == 0 else { return .damaged }
            }
        }
    }

    /// Bytes that one call may produce.
    private static let stepBytes = 32 << 10
}
