import SessionModel

/// A session key as Django makes it, 32 characters out of `a` to `z` and `0` to `9`, in 24 bytes: six bits each.
///
/// Source: `django.contrib.sessions.backends.base`, `VALID_KEY_CHARS` and `_get_new_session_key`. Other keys are seldom, and are
/// kept as they are.
struct PackedKey: Equatable {
    private var first, second, third: UInt64

    /// How many bytes a key has that can be packed.
    private static let byteCount = 32

    /// Stands in the place of a key that cannot be packed; no code is 0.
    static let none = PackedKey(words: (0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64)) {
        (first, second, third) = words
    }

    /// Nil where the bytes are no such key.
    @inline(__always)
    init?(_ bytes: borrowing RawSpan) {
        guard bytes.byteCount == Self.byteCount,
            let a = Self.codes(bytes, 0), let b = Self.codes(bytes, 8), let c = Self.codes(bytes, 16),
            let d = Self.codes(bytes, 24)
        else { return nil }
        self.init(words: (a | b << 48, b >> 16 | c << 32, c >> 32 | d << 16))
    }

    /// The eight characters at a place as their codes, from 1 to 36, in 48 bits; nil where one is another character.
    ///
    /// All eight are looked at together, a byte of the word each: a subtraction from a byte whose high bit is set leaves that bit
    /// where nothing had to be borrowed.
    @inline(__always)
    private static func codes(_ bytes: borrowing RawSpan, _ place: Int) -> UInt64? {
        let text = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
        let raised = text | highBits
        let letters = (raised &- each(0x61)) & ~(raised &- each(0x7B)) & highBits
        let digits = (raised &- each(0x30)) & ~(raised &- each(0x3A)) & highBits
        guard text & highBits == 0, letters | digits == highBits else { return nil }
        let areLetters = (letters >> 7) &* 0xFF
        return join(text &- ((areLetters & each(0x60)) | (~areLetters & each(0x15))))
    }

    /// A number in every byte of a word.
    @inline(__always)
    private static func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The key's text.
    var bytes: [UInt8] {
        let eights = [first, first >> 48 | second << 16, second >> 32 | third << 32, third >> 16]
        return eights.flatMap { eight in
            let codes = Self.split(eight & 0xFFFF_FFFF_FFFF)
            return (0..<8).map { place in
                let code = UInt8(truncatingIfNeeded: codes >> (8 * place))
                return code < 27 ? UInt8(ascii: "a") + code - 1 : UInt8(ascii: "0") + code - 27
            }
        }
    }

    /// Eight codes, a byte each, in 48 bits.
    @inline(__always)
    private static func join(_ codes: UInt64) -> UInt64 {
        let pairs = codes & 0x003F_003F_003F_003F | (codes & 0x3F00_3F00_3F00_3F00) >> 2
        let fours = pairs & 0x0000_0FFF_0000_0FFF | (pairs & 0x0FFF_0000_0FFF_0000) >> 4
        return fours & 0x0000_0000_00FF_FFFF | (fours & 0x00FF_FFFF_0000_0000) >> 8
    }

    /// The same back.
    private static func split(_ joined: UInt64) -> UInt64 {
        let fours = joined & 0x0000_0000_00FF_FFFF | (joined << 8) & 0x00FF_FFFF_0000_0000
        let pairs = fours & 0x0000_0FFF_0000_0FFF | (fours << 4) & 0x0FFF_0000_0FFF_0000
        return pairs & 0x003F_003F_003F_003F | (pairs << 2) & 0x3F00_3F00_3F00_3F00
    }

    /// What the hashes of this process are made with.
    private static let seeds = (
        first: UInt64.random(in: .min ... .max), second: UInt64.random(in: .min ... .max),
        third: UInt64.random(in: .min ... .max) | 1
    )

    /// Two multiplications, each folded: Django's keys are random, and only those that it made are in the table, so that nobody can fill
    /// it with keys that collide.
    @inline(__always)
    var hash: UInt64 {
        let seeds = Self.seeds
        return Self.fold(Self.fold(first ^ seeds.first, second ^ seeds.second) ^ third, seeds.third)
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

/// A key as the table looks for it: in short, or, where it is not one of Django's making, as it is.
enum SoughtKey {
    case packed(PackedKey)
    case other(SessionKey)

    init(_ key: SessionKey) {
        self = PackedKey(key.bytes.span.bytes).map(SoughtKey.packed) ?? .other(key)
    }

    /// Good for this process only; nobody who invents keys can tell which ones collide.
    @inline(__always)
    var hash: UInt64 {
        switch self {
        case .packed(let key): key.hash
        case .other(let key): UInt64(bitPattern: Int64(key.hashValue))
        }
    }
}
