/// Values without parts, as the contract writes them.
extension Rendering {
    /// An integer from its decimal digits, which have no leading zero. Beyond ±(2^53−1) it is tagged.
    mutating func append(integer digits: ArraySlice<UInt8>, isNegative: Bool) {
        let isZero = digits.elementsEqual(CollectionOfOne(UInt8(ascii: "0")))
        let isTagged =
            digits.count > Self.safeIntegerMax.count
            || digits.count == Self.safeIntegerMax.count && Self.safeIntegerMax.lexicographicallyPrecedes(digits)
        if isTagged { append(Self.taggedIntOpening[...]) }
        if isNegative, !isZero { append(byte: UInt8(ascii: "-")) }
        append(digits)
        if isTagged { append(#""}"#) }
    }

    /// An integer of 64 bits.
    mutating func append(integer: Int64) {
        append(integer: Array(String(integer.magnitude).utf8)[...], isNegative: integer < 0)
    }

    /// A float in Python's shortest form. It is tagged where JSON would make an integer of it, or has no word for it.
    mutating func append(float: Double) {
        let hasFraction = float.isFinite && float != float.rounded(.towardZero)
        if !hasFraction { append(#"{"$py":"float","v":""#) }
        append(PythonFloat.repr(float)[...])
        if !hasFraction { append(#""}"#) }
    }

    /// A character inside a string. Only what JSON demands is escaped, so that equal strings have equal bytes.
    mutating func append(scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": append(#"\""#)
        case "\\": append(#"\\"#)
        case "\u{08}": append(#"\b"#)
        case "\t": append(#"\t"#)
        case "\n": append(#"\n"#)
        case "\u{0C}": append(#"\f"#)
        case "\r": append(#"\r"#)
        case "\0"..<" ":
            append(scalar.value < 16 ? #"\u000"# : #"\u001"#)
            append(Array(String(scalar.value & 15, radix: 16).utf8)[...])
        default:
            for byte in scalar.utf8 { append(byte: byte) }
        }
    }

    /// Bytes as base64 text: the standard alphabet, padded, on one line.
    mutating func append(base64 bytes: some Sequence<UInt8>) {
        var group: UInt32 = 0
        var count = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            count += 1
            guard count == 3 else { continue }
            append(base64Group: group, digits: 4)
            group = 0
            count = 0
        }
        guard count > 0 else { return }
        append(base64Group: group << (8 * (3 - UInt32(count))), digits: count + 1)
        append(count == 1 ? "==" : "=")
    }

    /// The first `digits` of the four that 24 bits make.
    private mutating func append(base64Group group: UInt32, digits: Int) {
        for digit in 0..<digits {
            append(byte: Self.base64Alphabet[Int(group >> UInt32(18 - 6 * digit) & 63)])
        }
    }

    private static let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// A string from UTF-8, with its quotes.
    mutating func append(string utf8: ArraySlice<UInt8>) {
        append(byte: UInt8(ascii: "\""))
        var runStart = utf8.startIndex
        for index in utf8.indices where Self.isEscaped(utf8[index]) {
            append(utf8[runStart..<index])
            append(scalar: Unicode.Scalar(utf8[index]))
            runStart = index + 1
        }
        append(utf8[runStart...])
        append(byte: UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// A string that Python decodes from UTF-8; true where it is a plain one, false where it has surrogates, nil where the bytes
    /// are no text.
    mutating func append(pythonText bytes: ArraySlice<UInt8>) -> Bool? {
        guard let form = SurrogateUTF8.form(of: bytes) else { return nil }
        append(surrogateUTF8: bytes, hasSurrogates: form == .hasSurrogates)
        return form == .plain
    }

    /// A string that may hold surrogates that stand alone: then it is tagged, and its UTF-16 units are given.
    mutating func append(surrogateUTF8 bytes: ArraySlice<UInt8>, hasSurrogates: Bool) {
        guard hasSurrogates else { return append(string: bytes) }
        append(#"{"$py":"str","utf16":["#)
        var separator: StaticString = ""
        var at = bytes.startIndex
        while at < bytes.endIndex, let (code, count) = SurrogateUTF8.codePoint(in: bytes, at: at) {
            for unit in Unicode.Scalar(code).map({ Array($0.utf16) }) ?? [UInt16(truncatingIfNeeded: code)] {
                append(separator)
                append(Array(String(unit).utf8)[...])
                separator = ","
            }
            at += count
        }
        append("]}")
    }

    /// `{"$py":tag,"b64":…}`.
    mutating func append(tag: StaticString, base64 bytes: ArraySlice<UInt8>) {
        append(#"{"$py":""#)
        append(tag)
        append(#"","b64":""#)
        append(base64: bytes)
        append(#""}"#)
    }

    /// `{"$py":tag,"v":…}`.
    mutating func append(tag: StaticString, string utf8: ArraySlice<UInt8>) {
        append(#"{"$py":""#)
        append(tag)
        append(#"","v":"#)
        append(string: utf8)
        append("}")
    }

    private static let safeIntegerMax = Array("9007199254740991".utf8)
}
