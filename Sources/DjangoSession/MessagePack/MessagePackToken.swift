/// What a type byte and the bytes that belong to it say. A container is its head only; its values follow.
enum MessagePackToken {
    case null
    case bool(Bool)
    /// Any of the format's integers; zero is not negative.
    case integer(magnitude: UInt64, isNegative: Bool)
    /// A float 64, or a float 32 widened.
    case float(Double)
    /// What should be UTF-8, not looked at yet.
    case text(ArraySlice<UInt8>)
    case bytes(ArraySlice<UInt8>)
    /// A value of an application's own type, or of one of the format's (a negative code).
    case ext(code: Int8, data: ArraySlice<UInt8>)
    /// A list of so many values.
    case list(count: Int)
    /// A map of so many keys, each with its value.
    case map(count: Int)
}

/// Splits bytes into tokens, as the format's table of type bytes has them (the specification's section "Formats").
///
/// Nothing is taken at its word: a length or a count for which too few bytes are left is an error at once.
struct MessagePackTokens {
    private let payload: ArraySlice<UInt8>
    /// Index of the next byte to read; after an error that of the type byte of what could not be read.
    private(set) var at: Int

    init(_ payload: ArraySlice<UInt8>) {
        self.payload = payload
        at = payload.startIndex
    }

    var isAtEnd: Bool { at == payload.endIndex }

    /// The next token; nil where it is cut short, claims more than is there, or has the type byte that is never used.
    mutating func next() -> MessagePackToken? {
        let start = at
        guard let token = read() else {
            at = start
            return nil
        }
        return token
    }

    private mutating func read() -> MessagePackToken? {
        guard let type = take(1)?.first else { return nil }
        switch type {
        case 0x00...0x7F: return unsigned(UInt64(type))
        case 0x80...0x8F: return map(Int(type & 0x0F))
        case 0x90...0x9F: return list(Int(type & 0x0F))
        case 0xA0...0xBF: return take(Int(type & 0x1F)).map { .text($0) }
        case 0xC0: return .null
        case 0xC2, 0xC3: return .bool(type == 0xC3)
        case 0xC4...0xC6: return takeCounted(countWidth: 1 << Int(type - 0xC4)).map { .bytes($0) }
        case 0xC7...0xC9: return takeCount(width: 1 << Int(type - 0xC7)).flatMap { ext(size: $0) }
        case 0xCA: return takeUnsigned(width: 4).map { .float(Double(Float(bitPattern: UInt32($0)))) }
        case 0xCB: return takeUnsigned(width: 8).map { .float(Double(bitPattern: $0)) }
        case 0xCC...0xCF: return takeUnsigned(width: 1 << Int(type - 0xCC)).map { unsigned($0) }
        case 0xD0...0xD3: return takeSigned(width: 1 << Int(type - 0xD0)).map { signed($0) }
        case 0xD4...0xD8: return ext(size: 1 << Int(type - 0xD4))
        case 0xD9...0xDB: return takeCounted(countWidth: 1 << Int(type - 0xD9)).map { .text($0) }
        case 0xDC, 0xDD: return takeCount(width: type == 0xDC ? 2 : 4).flatMap { list($0) }
        case 0xDE, 0xDF: return takeCount(width: type == 0xDE ? 2 : 4).flatMap { map($0) }
        case 0xE0...0xFF: return signed(Int64(Int8(bitPattern: type)))
        default: return nil
        }
    }

    private func unsigned(_ value: UInt64) -> MessagePackToken {
        .integer(magnitude: value, isNegative: false)
    }

    private func signed(_ value: Int64) -> MessagePackToken {
        .integer(magnitude: value.magnitude, isNegative: value < 0)
    }

    /// Each of a list's values is a byte at least.
    private func list(_ count: Int) -> MessagePackToken? {
        count <= bytesLeft ? .list(count: count) : nil
    }

    private func map(_ count: Int) -> MessagePackToken? {
        count <= bytesLeft / 2 ? .map(count: count) : nil
    }

    private mutating func ext(size: Int) -> MessagePackToken? {
        guard let code = take(1)?.first, let data = take(size) else { return nil }
        return .ext(code: Int8(bitPattern: code), data: data)
    }

    private mutating func takeCounted(countWidth: Int) -> ArraySlice<UInt8>? {
        takeCount(width: countWidth).flatMap { take($0) }
    }

    private mutating func takeCount(width: Int) -> Int? {
        takeUnsigned(width: width).map { Int($0) }
    }

    /// An integer in two's complement, its most significant byte first.
    private mutating func takeSigned(width: Int) -> Int64? {
        let unusedBits = 64 - 8 * width
        return takeUnsigned(width: width).map { Int64(bitPattern: $0 << unusedBits) >> unusedBits }
    }

    /// An integer of up to eight bytes, the most significant one first.
    private mutating func takeUnsigned(width: Int) -> UInt64? {
        take(width)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= bytesLeft else { return nil }
        defer { at += count }
        return payload[at..<at + count]
    }

    private var bytesLeft: Int { payload.endIndex - at }
}
