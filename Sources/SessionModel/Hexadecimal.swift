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
        String(unsafeUninitializedCapacity: 16) { writeHex(to: UnsafeMutableRawBufferPointer($0)) }
    }

    /// Writes the 16 digits.
    ///
    /// - Returns: how many bytes that are.
    @inline(__always)
    func writeHex(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        buffer.storeBytes(of: Self.hexDigits(of: self >> 32).bigEndian, toByteOffset: 0, as: UInt64.self)
        buffer.storeBytes(of: Self.hexDigits(of: self & 0xFFFF_FFFF).bigEndian, toByteOffset: 8, as: UInt64.self)
        return 16
    }

    /// The eight digits of a number of 32 bits as ASCII, a byte of the word each, the first one highest.
    @inline(__always)
    private static func hexDigits(of number: UInt64) -> UInt64 {
        let fours = (number | number << 16) & 0x0000_FFFF_0000_FFFF
        let twos = (fours | fours << 8) & 0x00FF_00FF_00FF_00FF
        let nibbles = (twos | twos << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let ones: UInt64 = 0x0101_0101_0101_0101
        // What is over 9 carries into the high half of its byte when 6 is added.
        let letters = (nibbles &+ 6 &* ones) >> 4 & ones
        return nibbles &+ UInt64(UInt8(ascii: "0")) &* ones &+ letters &* 39
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
