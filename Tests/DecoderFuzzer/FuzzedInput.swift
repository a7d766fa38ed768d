import DjangoSession

/// What the fuzzer's bytes mean: two bytes say how to read, the rest is what is read.
///
/// | byte | meaning                                                                              |
/// | ---- | ------------------------------------------------------------------------------------ |
/// | 0    | the form, an index in `Form.allCases`                                                |
/// | 1    | the Django version, as an index where 0 is any; the highest bit asks for small bounds |
struct FuzzedInput {
    /// Reads the stored value.
    let decoder: SessionDecoder
    /// The stored value.
    let value: [UInt8]
    /// What holds for `decoder`.
    let bounds: DecodeBounds

    /// How a value is put together from the fuzzer's bytes.
    enum Form: CaseIterable {
        /// Signed, verified by nothing.
        case signed
        /// The payload of a signed value in either layout, so that its bytes need no base64.
        case legacyJSON, legacyPickle, signingPayload
        case cache
        case cacheJSON, cachePickle, cacheMessagePack
        case cacheZlib, cacheGzip, cacheLZMA, cacheLZ4, cacheZstd
    }

    /// Nil where there are no two bytes.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        let form = Form.allCases[Int(bytes[0]) % Form.allCases.count]
        let versions = [nil] + DjangoVersion.all
        let django = versions[Int(bytes[1] & 0x7F) % versions.count]
        bounds = bytes[1] >= 0x80 ? Self.smallBounds : DecodeBounds()
        let rest = Array(bytes.dropFirst(2))
        switch form {
        case .signed, .legacyJSON, .legacyPickle, .signingPayload:
            let serializer: DecodedSession.Serializer? =
                switch form {
                case .legacyJSON: .json
                case .legacyPickle: .pickle
                default: nil
                }
            decoder = SessionDecoder(verification: .none, serializer: serializer, django: django, bounds: bounds)
        case .cache, .cacheJSON, .cachePickle, .cacheMessagePack:
            let serializer: DecodedSession.Serializer? =
                switch form {
                case .cacheJSON: .json
                case .cachePickle: .pickle
                case .cacheMessagePack: .msgpack
                default: nil
                }
            let compressor: DecodedSession.Compression? = form == .cache ? nil : DecodedSession.Compression.none
            decoder = SessionDecoder(
                cacheSerializer: serializer, compressor: compressor, django: django, bounds: bounds)
        case .cacheZlib, .cacheGzip, .cacheLZMA, .cacheLZ4, .cacheZstd:
            let compressor: DecodedSession.Compression =
                switch form {
                case .cacheZlib: .zlib
                case .cacheGzip: .gzip
                case .cacheLZMA: .lzma
                case .cacheLZ4: .lz4
                default: .zstd
                }
            decoder = SessionDecoder(cacheSerializer: nil, compressor: compressor, django: django, bounds: bounds)
        }
        value =
            switch form {
            case .legacyJSON, .legacyPickle: Self.legacy(rest)
            case .signingPayload: Self.signing(rest)
            default: rest
            }
    }

    private static let smallBounds = DecodeBounds(
        expandedBytes: 4_096, nestingLevels: 20, integerDigits: 40, elements: 200, opcodes: 1_000, idleOpcodes: 10,
        memoEntries: 100, renderedBytes: 8_192
    )

    /// The legacy layout around a payload, with the form of a signature.
    private static func legacy(_ payload: [UInt8]) -> [UInt8] {
        base64(Array(String(repeating: "0", count: 40).utf8) + [UInt8(ascii: ":")] + payload)
    }

    /// The signing layout around a payload, with the form of a signature.
    private static func signing(_ payload: [UInt8]) -> [UInt8] {
        base64(payload) + Array(":1:\(String(repeating: "A", count: 43))".utf8)
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for digit in 0...group.count { text.append(alphabet[bits >> (18 - 6 * digit) & 63]) }
            for _ in group.count..<3 { text.append(UInt8(ascii: "=")) }
        }
        return text
    }
}
