/// Text that Python decoded from UTF-8.
extension Rendering {
    /// Writes text; true where that is a plain JSON string, false where it has surrogates, nil where it is no UTF-8.
    ///
    /// Python 2.7's UTF-8 has surrogates as it has other characters, in three bytes each; since Python 3 they are
    /// refused.
    mutating func append(pythonText text: ArraySlice<UInt8>) -> Bool? {
        guard text.allSatisfy({ $0 < 0x80 }) || String(validating: text, as: UTF8.self) != nil else {
            guard let units = Self.utf16(ofSurrogateText: text) else { return nil }
            append(utf16: units)
            return false
        }
        append(byte: UInt8(ascii: "\""))
        var rest = text
        while true {
            let run = rest.prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            append(run)
            rest = rest[run.endIndex...]
            guard let escaped = rest.popFirst() else { break }
            append(scalar: Unicode.Scalar(escaped))
        }
        append(byte: UInt8(ascii: "\""))
        return true
    }

    private mutating func append(utf16 units: [UInt16]) {
        append(#"{"$py":"str","utf16":["#)
        for (index, unit) in units.enumerated() {
            if index > 0 { append(byte: UInt8(ascii: ",")) }
            append(Array(String(unit).utf8)[...])
        }
        append("]}")
    }

    /// Nil where anything but the surrogates is no UTF-8.
    private static func utf16(ofSurrogateText text: ArraySlice<UInt8>) -> [UInt16]? {
        var units: [UInt16] = []
        var rest = text
        while let start = rest.indices.first {
            if let unit = surrogate(at: start, of: rest) {
                units.append(unit)
                rest = rest[(start + 3)...]
            } else {
                let end = rest.indices.first { surrogate(at: $0, of: rest) != nil } ?? rest.endIndex
                guard let run = String(validating: rest[..<end], as: UTF8.self) else { return nil }
                units += run.utf16
                rest = rest[end...]
            }
        }
        return units
    }

    /// The surrogate whose three bytes begin at `index`.
    private static func surrogate(at index: Int, of text: ArraySlice<UInt8>) -> UInt16? {
        let encoded = text[index...].prefix(3)
        guard encoded.count == 3, encoded[index] == 0xED,
            0xA0...0xBF ~= encoded[index + 1], 0x80...0xBF ~= encoded[index + 2]
        else { return nil }
        return 0xD000 | UInt16(encoded[index + 1] & 0x3F) << 6 | UInt16(encoded[index + 2] & 0x3F)
    }
}
