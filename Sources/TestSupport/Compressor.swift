import CLZ4
import CLZMA
import CZlib
import CZstd
package import DjangoSession

/// Compresses as Django and django-redis do, so that tests need no Python. The bytes may differ from Python's, what comes out
/// of them does not.
package enum Compressor {
    /// `bytes` in a format, with the settings that Django's signing and django-redis choose.
    package static func compress(_ bytes: [UInt8], as format: DecodedSession.Compression) -> [UInt8] {
        switch format {
        case .none: bytes
        case .zlib: deflate(bytes, windowBits: 15)
        case .gzip: deflate(bytes, windowBits: 31)
        case .lzma: xz(bytes, preset: 4)
        case .lz4: lz4(bytes)
        case .zstd: zstd(bytes)
        }
    }

    private static func deflate(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        return withUnsafeMutablePointer(to: &stream) { stream in
            let status = deflateInit2_(
                stream,
                Z_DEFAULT_COMPRESSION,
                Z_DEFLATED,
                windowBits,
                8,
                Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)
            )
            precondition(status == Z_OK, "zlib has its own headers, and memory")
            defer { deflateEnd(stream) }
            return output(capacity: Int(deflateBound(stream, UInt(bytes.count)))) { target in
                bytes.withUnsafeBufferPointer { source in
                    // zlib's own declaration lacks `const`; it only reads.
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                    stream.pointee.avail_in = UInt32(source.count)
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = UInt32(target.count)
                    let status = CZlib.deflate(stream, Z_FINISH)
                    precondition(status == Z_STREAM_END, "the bound holds")
                    return target.count - Int(stream.pointee.avail_out)
                }
            }
        }
    }

    private static func xz(_ bytes: [UInt8], preset: UInt32) -> [UInt8] {
        output(capacity: lzma_stream_buffer_bound(bytes.count)) { target in
            var written = 0
            let status = lzma_easy_buffer_encode(
                preset,
                LZMA_CHECK_CRC64,
                nil,
                bytes,
                bytes.count,
                target.baseAddress,
                &written,
                target.count
            )
            precondition(status == LZMA_OK, "the bound holds")
            return written
        }
    }

    private static func lz4(_ bytes: [UInt8]) -> [UInt8] {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.contentSize = UInt64(bytes.count)
        return output(capacity: LZ4F_compressFrameBound(bytes.count, &preferences)) { target in
            let written = LZ4F_compressFrame(target.baseAddress, target.count, bytes, bytes.count, &preferences)
            precondition(LZ4F_isError(written) == 0, "the bound holds")
            return written
        }
    }

    private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        output(capacity: ZSTD_compressBound(bytes.count)) { target in
            let written = ZSTD_compress(target.baseAddress, target.count, bytes, bytes.count, ZSTD_CLEVEL_DEFAULT)
            precondition(ZSTD_isError(written) == 0, "the bound holds")
            return written
        }
    }

    private static func output(capacity: Int, write: (UnsafeMutableBufferPointer<UInt8>) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: capacity) { target, count in count = write(target) }
    }
}
