/// How much one stored value may make the decoder do. At a bound the value is `unreadable` and the bound is named.
///
/// Whatever a value claims or expands to, decoding it holds at most three copies of the payload, two of its rendering, 320 bytes
/// for each value in it, and 64 for each opcode that copies. Of JSON a rendering is at most nine times as long as the payload
/// (`9e9` becomes a tagged object), of MessagePack 33 times, and of a pickle `renderedBytes`.
package struct DecodeBounds: Sendable, Equatable {
    /// Bytes of the payload once it is inflated. A compressed payload is inflated no further than this.
    package var expandedBytes: Int
    /// Objects and lists inside one another, the session itself included. CPython up to 3.11 accepts 994, 3.12 1,497 and
    /// 3.13 9,998 of them (tried), so the default refuses nothing that one of them reads.
    package var nestingLevels: Int
    /// Decimal digits of one integer. The default is CPython's `sys.int_info.default_max_str_digits`.
    package var integerDigits: Int
    /// Values in the payload, containers included. A value that is written again wherever a pickle shares it counts each time.
    package var elements: Int
    /// Opcodes in one pickle. Copying or comparing bytes, and converting long integers, costs some, too.
    package var opcodes: Int
    /// Opcodes in one pickle that only copy or drop what is on the stack (DUP, POP, POP_MARK). Python writes a POP for each part
    /// of a tuple inside itself, and no other.
    package var idleOpcodes: Int
    /// Places in a pickle's memo.
    package var memoEntries: Int
    /// Bytes of a rendered pickle, in which shared values are repeated: as many as the socket may answer with.
    package var renderedBytes: Int

    /// Bytes that a decompressor may take beside what comes out of it: what `xz -9` needs (its manual says 65 MiB), and more
    /// than any other preset that django-redis can be given. Only the headers of xz and Zstandard can ask for more.
    package static let decompressorBytes = 65 << 20

    /// Bounds that differ from the defaults where they are given.
    package init(
        expandedBytes: Int = 16 << 20,
        nestingLevels: Int = 10_000,
        integerDigits: Int = 4_300,
        elements: Int = 500_000,
        opcodes: Int = 2_000_000,
        idleOpcodes: Int = 1_000,
        memoEntries: Int = 500_000,
        renderedBytes: Int = 16 << 20
    ) {
        self.expandedBytes = expandedBytes
        self.nestingLevels = nestingLevels
        self.integerDigits = integerDigits
        self.elements = elements
        self.opcodes = opcodes
        self.idleOpcodes = idleOpcodes
        self.memoEntries = memoEntries
        self.renderedBytes = renderedBytes
    }

    /// What a decoder does in about a millisecond at most: nearly all sessions there are stay within. The bounds that no other value
    /// would pass are the default ones.
    package static let brief = DecodeBounds(
        expandedBytes: 64 << 10, elements: 8_192, opcodes: 65_536, memoEntries: 8_192, renderedBytes: 256 << 10)

    /// Whether these bounds are what stopped a decoder, and the default ones may let it go on.
    package func isNarrow(at name: Name) -> Bool {
        let whole = DecodeBounds()
        return switch name {
        case .expandedBytes: expandedBytes < whole.expandedBytes
        case .elements: elements < whole.elements
        case .opcodes: opcodes < whole.opcodes
        case .memoEntries: memoEntries < whole.memoEntries
        case .renderedBytes: renderedBytes < whole.renderedBytes
        case .nestingLevels, .integerDigits, .idleOpcodes, .decompressorBytes: false
        }
    }

    /// The name of a bound, as an error gives it.
    package enum Name: String, Sendable {
        case expandedBytes = "bytes of expanded payload"
        case nestingLevels = "levels of nesting"
        case integerDigits = "digits in one integer"
        case elements = "values in one session"
        case opcodes = "opcodes in one pickle"
        case idleOpcodes = "opcodes in one pickle that build nothing"
        case memoEntries = "places in a pickle's memo"
        case renderedBytes = "bytes of rendered session"
        case decompressorBytes = "bytes of memory to decompress"
    }
}
