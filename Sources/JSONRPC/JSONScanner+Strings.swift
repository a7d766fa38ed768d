extension JSONScanner {
    /// Reads a string; most have no escape and are then a slice of the text.
    mutating func string() throws(JSONError) -> JSONString {
        position += 1
        let start = position
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let text = bytes[start..<position]
                position += 1
                return JSONString(utf8: text)
            case UInt8(ascii: "\\"):
                return try stringWithEscapes(from: start)
            case 0..<0x20:
                throw failure()
            default:
                position += 1
            }
        }
        throw failure()
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> JSONString {
        var text = bytes[start..<position]
        var isUnicode = true
        while position < bytes.endIndex {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return JSONString(utf8: text, isUnicode: isUnicode)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text, &isUnicode)
            case 0..<0x20:
                throw failure()
            default:
                text.append(byte)
                position += 1
            }
        }
        throw failure()
    }

    private mutating func escape(into text: inout ArraySlice<UInt8>, _ isUnicode: inout Bool) throws(JSONError) {
        guard position < bytes.endIndex else {
            throw failure()
        }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let unit = try hexUnit()
            if unit & 0xFC00 == 0xD800, let low = lowSurrogate() {
                let scalar = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
                Self.append(scalar, to: &text)
            } else {
                isUnicode = isUnicode && unit & 0xF800 != 0xD800
                Self.append(UInt32(unit), to: &text)
            }
        default:
            position -= 1
            throw failure()
        }
    }

    private mutating func hexUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.endIndex, let digit = Self.hexDigit(bytes[position]) else {
                throw failure()
            }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    /// Takes an escape for the second half of a surrogate pair; takes nothing where something else follows.
    private mutating func lowSurrogate() -> UInt16? {
        let before = position
        if skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")), let unit = try? hexUnit(), unit & 0xFC00 == 0xDC00 {
            return unit
        }
        position = before
        return nil
    }

    private static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The bytes of UTF-8 for a code point, also for a surrogate, for which `Unicode.Scalar` has no value.
    private static func append(_ point: UInt32, to text: inout ArraySlice<UInt8>) {
        func tail(_ shift: UInt32) -> UInt8 {
            UInt8(0x80 | (point >> shift & 0x3F))
        }
        switch point {
        case ..<0x80:
            text.append(UInt8(point))
        case ..<0x800:
            text.append(contentsOf: [UInt8(0xC0 | point >> 6), tail(0)])
        case ..<0x10000:
            text.append(contentsOf: [UInt8(0xE0 | point >> 12), tail(6), tail(0)])
        default:
            text.append(contentsOf: [UInt8(0xF0 | point >> 18), tail(12), tail(6), tail(0)])
        }
    }
}
