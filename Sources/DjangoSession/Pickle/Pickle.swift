/// How a pickle is told from other payloads.
enum Pickle {
    /// Whether bytes look like a pickled dictionary: protocols 2 to 5 begin with PROTO and the version; 0 and 1 with MARK or
    /// EMPTY_DICT, and all end with STOP (Lib/pickletools.py).
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count > 2, bytes.last == UInt8(ascii: ".") else { return false }
        let first = bytes[bytes.startIndex]
        let second = bytes[bytes.startIndex + 1]
        return first == 0x80 && (2...5).contains(second)
            || first == UInt8(ascii: "(") && second == UInt8(ascii: "d")
            || first == UInt8(ascii: "}")
    }

    /// Whether bytes can only be a pickle, not JSON: they begin with an opcode that puts something on the stack.
    static func beginsLikeOne(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, let opcode = PickleOpcode(rawValue: first) else { return false }
        return switch opcode {
        // `true`, `NaN`, `Infinity`, and numbers.
        case .tuple, .none, .int, .pop, .popMark, .dup: isLikely(bytes)
        default: true
        }
    }
}
