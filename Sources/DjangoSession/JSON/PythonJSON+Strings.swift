/// Strings: the only place where Python's text and JSON's differ, since Python's may hold half a surrogate pair.
extension PythonJSON {
    /// Reads the string that stands next and renders it. False where it had to be a tagged object.
    mutating func readString() throws(DecodeError.Why) -> Bool {
        let renderedStart = rendering.bytes.count
        at += 1
        let contentStart = at
        rendering.append(byte: UInt8(ascii: "\""))
        while true {
            appendASCIIRun()
            guard let unit = try readCharacter() else {
                rendering.append(byte: UInt8(ascii: "\""))
                return true
            }
            guard let scalar = Unicode.Scalar(unit) else {
                // Half a pair: no UTF-8 says that. Begin again, in UTF-16 units.
                rendering.truncate(to: renderedStart)
                at = contentStart
                try readUnits()
                return false
            }
            rendering.append(scalar: scalar)
        }
    }

    /// Copies bytes that are the same on either side.
    private mutating func appendASCIIRun() {
        var end = at
        while end < payload.endIndex {
            let byte = payload[end]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            end += 1
        }
        rendering.append(payload[at..<end])
        at = end
    }

    /// Renders the rest of a string, from its first character, as UTF-16 units.
    private mutating func readUnits() throws(DecodeError.Why) {
        rendering.append(#"{"$py":"str","utf16":["#)
        var separator: StaticString = ""
        while let character = try readCharacter() {
            let scalar = Unicode.Scalar(character)
            for unit in scalar.map({ Array($0.utf16) }) ?? [UInt16(truncatingIfNeeded: character)] {
                rendering.append(separator)
                rendering.append(Array(String(unit).utf8)[...])
                separator = ","
            }
        }
        rendering.append("]}")
    }

    /// The next character's code point, which is that of a surrogate where a half stands alone; nil at the closing quote,
    /// which is read.
    private mutating func readCharacter() throws(DecodeError.Why) -> UInt32? {
        guard at < payload.endIndex, payload[at] >= 0x20 else { throw malformed }
        let byte = payload[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""): return nil
        case UInt8(ascii: "\\"): return try readEscape()
        case 0x80... where encoding == .utf8: return try readUTF8()
        default: return UInt32(byte)
        }
    }

    /// The character in UTF-8 whose first byte was read.
    private mutating func readUTF8() throws(DecodeError.Why) -> UInt32 {
        at -= 1
        guard let (code, count) = SurrogateUTF8.codePoint(in: payload, at: at), Unicode.Scalar(code) != nil else {
            throw malformed
        }
        at += count
        return code
    }

    /// What an escape stands for; the backslash was read.
    private mutating func readEscape() throws(DecodeError.Why) -> UInt32 {
        let escape = current
        switch escape {
        case UInt8(ascii: "u"): return try readCodePoint()
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            at += 1
            return UInt32(escape)
        default: break
        }
        guard let control = Self.controls[escape] else { throw malformed }
        at += 1
        return control
    }

    private static let controls: [UInt8: UInt32] = [
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
        UInt8(ascii: "t"): 0x09,
    ]

    /// Reads `uXXXX`, and where that is the first half of a pair and the second half follows, both.
    private mutating func readCodePoint() throws(DecodeError.Why) -> UInt32 {
        let unit = try readUnit()
        let afterFirst = at
        guard UTF16.isLeadSurrogate(unit), payload[at...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
        else { return UInt32(unit) }
        at += 1
        let second = try readUnit()
        guard UTF16.isTrailSurrogate(second) else {
            at = afterFirst
            return UInt32(unit)
        }
        return 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    }

    /// Reads `u` and four hex digits.
    private mutating func readUnit() throws(DecodeError.Why) -> UInt16 {
        var unit: UInt16 = 0
        guard payload.endIndex - at > 4 else { throw malformed }
        for offset in 1...4 {
            let character = payload[at + offset]
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(character - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt16(character - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt16(character - UInt8(ascii: "A") + 10)
            default: throw malformed
            }
        }
        at += 5
        return unit
    }
}
