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

    private static let safeIntegerMax = Array("9007199254740991".utf8)
}
