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
        guard bytes.byteCount == Self.byteCount else { return nil }
        let text = bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: SIMD32<UInt8>.self)
        let letters = text &- UInt8(ascii: "a")
        let digits = text &- UInt8(ascii: "0")
        let areLetters = letters .< 26
        guard all(areLetters .| (digits .< 10)) else { return nil }
        let codes = (digits &+ 27).replacing(with: letters &+ 1, where: areLetters)
        let eights = unsafeBitCast(codes, to: SIMD4<UInt64>.self)
        let (a, b, c, d) = (Self.join(eights[0]), Self.join(eights[1]), Self.join(eights[2]), Self.join(eights[3]))
        self.init(words: (a | b << 48, b >> 16 | c << 32, c >> 32 | d << 16))
    }

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

    @inline(__always)
    var hash: UInt64 {
        var hasher = Hasher()
        hasher.combine(first)
        hasher.combine(second)
        hasher.combine(third)
        return UInt64(bitPattern: Int64(hasher.finalize()))
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
