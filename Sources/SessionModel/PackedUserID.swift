/// Who is behind a session, in short: what an answer needs.
package struct PackedIdentity: Sendable {
    package var userID: PackedUserID
    /// The dotted path of the Django authentication backend, as a JSON string.
    package var backend: [UInt8]
    package var session: Fingerprint
    /// Milliseconds since 1970; nil for a key without expiry.
    package var expiresAt: Int64?
    package var isSuperseded: Bool

    package init(
        userID: PackedUserID, backend: [UInt8], session: Fingerprint, expiresAt: Int64?, isSuperseded: Bool
    ) {
        self.userID = userID
        self.backend = backend
        self.session = session
        self.expiresAt = expiresAt
        self.isSuperseded = isSuperseded
    }
}

/// A user's id in 16 bytes, if it is short or a UUID.
///
/// ```
///   any text of up to 15 bytes                         15 bytes      │ its length
///   16 to 20 letters, digits, hyphens and underscores  20 × 6 bits   │ its length
///   a UUID                                             16 bytes
/// ```
/// Whatever it holds needs no escape in JSON.
package struct PackedUserID: Equatable, Sendable {
    /// The bytes in the order of the text, the first one lowest.
    private var low, high: UInt64
    package private(set) var isUUID: Bool

    /// How many bytes any text may have, and one of few kinds of characters.
    private static let (textByteCountMax, plainByteCountMax) = (15, 20)
    private static let uuidByteCount = 36

    package init(low: UInt64, high: UInt64, isUUID: Bool) {
        (self.low, self.high, self.isUUID) = (low, high, isUUID)
    }

    package var words: (low: UInt64, high: UInt64) { (low, high) }

    /// Nil where the id is something else.
    package init?(_ id: UserID) {
        var text = id.text
        let packed = text.withUTF8 { utf8 -> PackedUserID? in
            switch utf8.count {
            case ...Self.textByteCountMax: PackedUserID(text: utf8)
            case ...Self.plainByteCountMax: PackedUserID(plain: utf8)
            case Self.uuidByteCount: PackedUserID(uuid: utf8)
            default: nil
            }
        }
        guard let packed else { return nil }
        self = packed
    }

    private init?(text: UnsafeBufferPointer<UInt8>) {
        guard text.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
            return nil
        }
        self.init(low: 0, high: UInt64(text.count) << 56, isUUID: false)
        for (place, byte) in text.enumerated() { set(byte, at: place) }
    }

    private init?(plain text: UnsafeBufferPointer<UInt8>) {
        var codes: UInt128 = 0
        for byte in text.reversed() {
            guard let code = Self.plainCode(of: byte) else { return nil }
            codes = codes << 6 | UInt128(code)
        }
        self.init(
            low: UInt64(truncatingIfNeeded: codes),
            high: UInt64(truncatingIfNeeded: codes >> 64) | UInt64(text.count) << 56, isUUID: false)
    }

    /// The six bits of a letter, a digit, a hyphen or an underscore.
    private static func plainCode(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    private static func plainByte(of code: UInt8) -> UInt8 {
        switch code {
        case ..<26: UInt8(ascii: "a") + code
        case ..<52: UInt8(ascii: "A") + code - 26
        case ..<62: UInt8(ascii: "0") + code - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    private init?(uuid text: UnsafeBufferPointer<UInt8>) {
        self.init(low: 0, high: 0, isUUID: true)
        var digits: UInt8 = 0
        for (place, byte) in text.enumerated() {
            if Self.isHyphenPlace(place) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.value(ofDigit: byte) else { return nil }
            if digits & 1 == 0 { set(digit << 4, at: Int(digits) / 2) } else { set(digit, at: Int(digits) / 2) }
            digits += 1
        }
    }

    private static func isHyphenPlace(_ place: Int) -> Bool { place == 8 || place == 13 || place == 18 || place == 23 }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private mutating func set(_ byte: UInt8, at place: Int) {
        if place < 8 { low |= UInt64(byte) << (8 * place) } else { high |= UInt64(byte) << (8 * (place - 8)) }
    }

    private func byte(at place: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: place < 8 ? low >> (8 * place) : high >> (8 * (place - 8)))
    }

    /// The id as it was.
    package var userID: UserID {
        let text = [UInt8](unsafeUninitializedCapacity: Self.uuidByteCount) {
            $1 = write(to: UnsafeMutableRawBufferPointer($0))
        }
        return UserID(String(decoding: text, as: UTF8.self))
    }

    /// Writes the text to a buffer with room for 36 bytes.
    ///
    /// - Returns: how many bytes it has.
    @inline(__always)
    package func write(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard isUUID else {
            let count = Int(high >> 56)
            guard count <= Self.textByteCountMax else { return writePlain(count, to: buffer) }
            buffer.storeBytes(of: low.littleEndian, toByteOffset: 0, as: UInt64.self)
            buffer.storeBytes(of: high.littleEndian, toByteOffset: 8, as: UInt64.self)
            return count
        }
        var count = 0
        for place in 0..<16 {
            if place == 4 || place == 6 || place == 8 || place == 10 {
                buffer[count] = UInt8(ascii: "-")
                count += 1
            }
            let byte = byte(at: place)
            buffer[count] = Hexadecimal.digit(byte >> 4)
            buffer[count + 1] = Hexadecimal.digit(byte & 0xF)
            count += 2
        }
        return count
    }

    private func writePlain(_ count: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        var codes = UInt128(high) << 64 | UInt128(low)
        for place in 0..<count {
            buffer[place] = Self.plainByte(of: UInt8(truncatingIfNeeded: codes) & 0x3F)
            codes >>= 6
        }
        return count
    }
}
