/// Base64 as CPython reads it.
enum Base64 {
    /// Which of Python's functions reads the text.
    enum Reader {
        /// `base64.b64decode`: `-` and `_` are junk.
        case standard
        /// Django's `b64_decode`, which is `urlsafe_b64decode` with the padding that makes the text, junk included, a multiple
        /// of four characters: both alphabets are read.
        case urlSafe
    }

    /// What `binascii.a2b_base64` gives without strict mode: characters outside the alphabet are skipped, a whole padding
    /// ends the input, spare bits are ignored.
    static func decode(_ text: ArraySlice<UInt8>, as reader: Reader) throws(DecodeError.Why) -> [UInt8] {
        let sextets = reader == .standard ? standardSextets : bothSextets
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 3)
        // `group` holds the low `6 * held` bits of an unfinished group of four characters.
        var group: UInt32 = 0
        var held = 0
        var pads = 0
        for character in text {
            let sextet = sextets[Int(character)]
            if sextet < 64 {
                pads = 0
                group = group << 6 | UInt32(sextet)
                held += 1
                if held == 4 {
                    bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                    bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                    bytes.append(UInt8(truncatingIfNeeded: group))
                    group = 0
                    held = 0
                }
            } else if character == UInt8(ascii: "="), held >= 2 {
                pads += 1
                if held + pads >= 4 { return bytes + rest(of: group, held: held) }
            }
        }
        if held == 0 { return bytes }
        let appended = reader == .urlSafe ? (4 - text.count % 4) % 4 : 0
        guard held >= 2, held + pads + appended >= 4 else { throw .badBase64 }
        return bytes + rest(of: group, held: held)
    }

    /// The bytes of URL-safe base64 without padding, only where encoding them again gives the same text.
    static func canonicalURL(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var bitCount = 0
        for character in text {
            let sextet = bothSextets[Int(character)]
            guard sextet < 64, character != UInt8(ascii: "+"), character != UInt8(ascii: "/") else { return nil }
            bits = bits << 6 | UInt32(sextet)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= (1 << UInt32(bitCount)) - 1
            }
        }
        return bits == 0 ? bytes : nil
    }

    /// The one or two whole bytes in a group of two or three characters.
    private static func rest(of group: UInt32, held: Int) -> [UInt8] {
        held == 2
            ? [UInt8(truncatingIfNeeded: group >> 4)]
            : [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)]
    }

    /// The six bits of each character; 64 for every byte outside the alphabet.
    private static let standardSextets = sextets(of: [(62, "+"), (63, "/")])
    private static let bothSextets = sextets(of: [(62, "+"), (63, "/"), (62, "-"), (63, "_")])

    private static func sextets(of last: [(UInt8, Unicode.Scalar)]) -> [UInt8] {
        var table = [UInt8](repeating: 64, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        for (value, character) in alphabet.utf8.enumerated() { table[Int(character)] = UInt8(value) }
        for (value, character) in last { table[Int(UInt8(ascii: character))] = value }
        return table
    }
}
