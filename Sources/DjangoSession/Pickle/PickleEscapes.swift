/// Texts of protocol 0, which are a line each and write other bytes as escapes.
enum PickleEscapes {
    /// The argument of UNICODE, as Python's codec `raw-unicode-escape` reads it: `\uXXXX` and `\UXXXXXXXX`, any other byte is
    /// the character of that number. In UTF-8, where a surrogate may stand alone. Nil where an escape is malformed.
    static func rawUnicode(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(line.count)
        var rest = line
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.first else {
                SurrogateUTF8.append(UInt32(byte), to: &text)
                continue
            }
            rest.removeFirst()
            switch escape {
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let count = escape == UInt8(ascii: "u") ? 4 : 8
                guard let code = number(rest.prefix(count), count: count, radix: 16), code <= 0x10FFFF else {
                    return nil
                }
                rest = rest.dropFirst(count)
                SurrogateUTF8.append(code, to: &text)
            default:
                text.append(UInt8(ascii: "\\"))
                SurrogateUTF8.append(UInt32(escape), to: &text)
            }
        }
        return text
    }

    /// The argument of STRING: the `repr` of a Python 2 `str`, in quotes. Nil where it is none.
    static func quotedString(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.count >= 2, let quote = line.first, quote == line.last,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(line.count)
        var rest = line.dropFirst().dropLast()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case UInt8(ascii: "x"):
                guard let code = number(rest.prefix(2), count: 2, radix: 16) else { return nil }
                rest = rest.dropFirst(2)
                bytes.append(UInt8(code))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var code = UInt32(escape - UInt8(ascii: "0"))
                for _ in 0..<2 {
                    guard let digit = rest.first, UInt8(ascii: "0")...UInt8(ascii: "7") ~= digit else { break }
                    rest.removeFirst()
                    code = code << 3 | UInt32(digit - UInt8(ascii: "0"))
                }
                bytes.append(UInt8(truncatingIfNeeded: code))
            default:
                if let control = controls[escape] {
                    bytes.append(control)
                } else {
                    bytes += [UInt8(ascii: "\\"), escape]
                }
            }
        }
        return bytes
    }

    private static let controls: [UInt8: UInt8] = [
        UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "'"): UInt8(ascii: "'"),
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "t"): 0x09, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "f"): 0x0C,
        UInt8(ascii: "r"): 0x0D,
    ]

    private static func number(_ digits: ArraySlice<UInt8>, count: Int, radix: UInt32) -> UInt32? {
        guard digits.count == count, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else {
            return nil
        }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: Int(radix))
    }
}
