/// UTF-8 in which half a surrogate pair is encoded like any other code point: what Python's error handler `surrogatepass` reads
/// and writes, and Python 2's UTF-8 altogether.
enum SurrogateUTF8 {
    /// How bytes can be read.
    enum Form {
        /// As UTF-8.
        case plain
        /// Only with surrogates that stand alone.
        case hasSurrogates
    }

    /// Nil where the bytes are no text, even with surrogates.
    static func form(of bytes: ArraySlice<UInt8>) -> Form? {
        var form = Form.plain
        var at = bytes.startIndex
        while at < bytes.endIndex {
            if bytes[at] < 0x80 {
                at += 1
                continue
            }
            guard let (code, count) = codePoint(in: bytes, at: at) else { return nil }
            if 0xD800..<0xE000 ~= code { form = .hasSurrogates }
            at += count
        }
        return form
    }

    /// The code point that begins at an index, and how many bytes it has. Nil where it is overlong, too large or cut short.
    static func codePoint(in bytes: ArraySlice<UInt8>, at start: Int) -> (code: UInt32, count: Int)? {
        let first = bytes[start]
        let count: Int
        var code: UInt32
        switch first {
        case ..<0x80: return (UInt32(first), 1)
        case 0xC2...0xDF: (count, code) = (2, UInt32(first & 0x1F))
        case 0xE0...0xEF: (count, code) = (3, UInt32(first & 0x0F))
        case 0xF0...0xF4: (count, code) = (4, UInt32(first & 0x07))
        default: return nil
        }
        guard bytes.endIndex - start >= count else { return nil }
        for byte in bytes[(start + 1)..<(start + count)] {
            guard byte & 0xC0 == 0x80 else { return nil }
            code = code << 6 | UInt32(byte & 0x3F)
        }
        let smallest: UInt32 = count == 2 ? 0x80 : count == 3 ? 0x800 : 0x1_0000
        return code >= smallest && code <= 0x10FFFF ? (code, count) : nil
    }

    /// Appends a code point, which may be a surrogate.
    static func append(_ code: UInt32, to bytes: inout [UInt8]) {
        switch code {
        case ..<0x80: bytes.append(UInt8(code))
        case ..<0x800: bytes += [0xC0 | UInt8(code >> 6), tail(code)]
        case ..<0x1_0000: bytes += [0xE0 | UInt8(code >> 12), tail(code >> 6), tail(code)]
        default: bytes += [0xF0 | UInt8(code >> 18), tail(code >> 12), tail(code >> 6), tail(code)]
        }
    }

    private static func tail(_ code: UInt32) -> UInt8 { 0x80 | UInt8(code & 0x3F) }
}
