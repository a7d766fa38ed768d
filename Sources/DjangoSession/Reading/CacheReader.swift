/// Reads the values of Django's cache-backed sessions (`cache`, `cached_db`), which nothing vouches for: whoever can write to
/// the cache can be anybody, in Django as here.
///
/// | cache                                   | a value is                                                                |
/// | --------------------------------------- | ------------------------------------------------------------------------- |
/// | Django's RedisCache (since 4.0)         | a pickle, or an integer's digits (django/core/cache/backends/redis.py)    |
/// | django-redis 3.8 to 7.0                 | what its SERIALIZER wrote, through its COMPRESSOR where that made it smaller, or an integer's digits (django_redis/client/default.py) |
struct CacheReader: Sendable {
    /// The only compressor that is expected; nil for whichever wrote the value.
    let compressor: DecodedSession.Compression?
    let payloads: PayloadReader

    /// The session in a stored value.
    func session(in value: [UInt8]) throws(DecodeError) -> DecodedSession {
        do {
            let (payload, compression) = try inflated(value)
            let (data, serializer) = try payloads.read(payload, from: .cache)
            return DecodedSession(data: data, layout: .cache, serializer: serializer, compression: compression)
        } catch {
            throw .unreadable(fault(error, of: value))
        }
    }

    /// The payload. A value that the compressor cannot read was stored without it, as short ones are.
    private func inflated(
        _ value: [UInt8]
    ) throws(DecodeError.Why) -> (payload: ArraySlice<UInt8>, compression: DecodedSession.Compression) {
        guard !value.isEmpty else { throw .empty }
        guard !Self.isInteger(value) else { throw .counter }
        guard let format = compressor ?? Self.likelyCompression(of: value[...]), format != .none else {
            return (value[...], .none)
        }
        let limit = payloads.bounds.expandedBytes
        do {
            return (try Self.decompress(value[...], format, limit: limit)[...], format)
        } catch .badCompression where Self.likelyCompression(of: value[...]) != format {
            return (value[...], .none)
        }
    }

    private static func decompress(
        _ bytes: ArraySlice<UInt8>, _ format: DecodedSession.Compression, limit: Int
    ) throws(DecodeError.Why) -> [UInt8] {
        switch format {
        case .none: Array(bytes)
        case .zlib: try Zlib.decompress(bytes, limit: limit)
        case .gzip: try Gzip.decompress(bytes, limit: limit)
        case .lzma: try LZMA.decompress(bytes, limit: limit)
        case .lz4: try LZ4.decompress(bytes, limit: limit)
        case .zstd: try Zstandard.decompress(bytes, limit: limit)
        }
    }

    /// Each format begins as no serialized dictionary does.
    private static func likelyCompression(of bytes: ArraySlice<UInt8>) -> DecodedSession.Compression? {
        if Zlib.isLikely(bytes) { return .zlib }
        if Gzip.isLikely(bytes) { return .gzip }
        if LZMA.isLikely(bytes) { return .lzma }
        if LZ4.isLikely(bytes) { return .lz4 }
        return Zstandard.isLikely(bytes) ? .zstd : nil
    }

    /// Whether the value is what Python's `int` reads of an integer as caches write it: digits with a sign.
    private static func isInteger(_ value: [UInt8]) -> Bool {
        let digits = value.first == UInt8(ascii: "-") ? value.dropFirst() : value[...]
        return !digits.isEmpty && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    /// Whether a value looks like one of a cache.
    static func isLikely(_ value: ArraySlice<UInt8>) -> Bool {
        Pickle.isLikely(value) || value.first == UInt8(ascii: "{") || likelyCompression(of: value) != nil
            || MessagePack.isLikely(value)
    }

    /// A value that cannot be read, but has the form of a signed one, says so.
    private func fault(_ why: DecodeError.Why, of value: [UInt8]) -> DecodeError.Why {
        let isSigned =
            SigningLayout(value)?.signature != nil && SigningLayout.hasAlphabet(of: value)
            || LegacyLayout(value, skipsJunkAboveASCII: false)?.signature != nil
        return isSigned ? .signedValue : why
    }
}
