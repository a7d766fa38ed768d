import CZlib

/// zlib's decompressor of deflate data (RFC 1951). Its window is 32 KiB, and it takes some 40 KiB in all.
struct Inflater: ~Copyable {
    /// What is around the deflate data, as zlib's `windowBits` say it.
    enum Wrapping: Int32 {
        /// Header and checksum of RFC 1950.
        case zlib = 15
        case none = -15
    }

    // zlib checks that a stream stays at its address.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init(_ wrapping: Wrapping) {
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has its own headers, and memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Appends the stream at the beginning of `source` to `output`, and takes it from `source`.
    func appendStream(from source: inout ArraySlice<UInt8>, to output: inout ExpandedBytes) -> ExpandedBytes.End {
        inflateReset(stream)
        return output.appendStream(from: &source) { source, target in
            // zlib counts in 32 bits; what is beyond comes with the next call. Its declaration lacks `const`; it only reads.
            let offered = UInt32(clamping: source.count)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: source.assumingMemoryBound(to: Bytef.self).baseAddress
            )
            stream.pointee.avail_in = offered
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = UInt32(target.count)
            // With Z_FINISH a session that fits into one step needs no window of zlib's.
            let status = inflate(stream, Z_FINISH)
            let end: ExpandedBytes.End? =
                switch status {
                case Z_STREAM_END: .whole
                case Z_OK, Z_BUF_ERROR: nil
                default: .damaged
                }
            return ExpandedBytes.Step(
                consumed: Int(offered - stream.pointee.avail_in),
                produced: target.count - Int(stream.pointee.avail_out),
                end: end
            )
        }
    }
}
