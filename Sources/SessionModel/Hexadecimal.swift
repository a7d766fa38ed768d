/// Hexadecimal digits in lower case.
package enum Hexadecimal {
    /// The digit of a number below 16.
    @inline(__always)
    package static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}

/// Fixed-width hexadecimal in lower case, the form of fingerprints and event ids.
extension UInt64 {
    /// Exactly 16 digits.
    var fixedWidthHex: String {
        let digits = hexDigits
        return String(unsafeUninitializedCapacity: 16) { text in
            for place in 0..<16 { text[place] = digits[place] }
            return 16
        }
    }

    /// The same as ASCII.
    @inline(__always)
    var hexDigits: SIMD16<UInt8> {
        let bytes = unsafeBitCast(bigEndian, to: SIMD8<UInt8>.self)
        var digits = SIMD16<UInt8>()
        digits.evenHalf = bytes &>> 4
        digits.oddHalf = bytes & 0xF
        let letters = digits &+ (UInt8(ascii: "a") - 10)
        return (digits &+ UInt8(ascii: "0")).replacing(with: letters, where: digits .> 9)
    }

    /// Nil unless the digits are exactly 16 and in lower case.
    init?(lowercaseHex digits: some Collection<UInt8>) {
        guard digits.count == 16 else { return nil }
        self = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = self << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): self = self << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
    }
}
