/// Reads a payload as django-redis's MSGPackSerializer does, and renders it on the way.
///
/// The format is that of https://github.com/msgpack/msgpack/blob/master/spec.md. What is accepted is what
/// msgpack-python accepts in the call that django-redis makes (tried with 0.6.2 on Python 2.7 and 3.6, with 1.0.0,
/// 1.1.0 and 1.2.4 on 3.11, with and without the C extension):
///
/// | django-redis | calls | reads alone |
/// | --- | --- | --- |
/// | to 4.11 | `msgpack.loads(value, encoding="utf-8")` | keys of any type but list and map; surrogates (Python 2.7) |
/// | from 4.12 | `msgpack.loads(value, raw=False)` | timestamps, the format's extension type -1 |
///
/// Otherwise they agree: the last of equal keys wins at the first one's place, bytes after the value are refused, and
/// so are text that is no UTF-8 and other extension types below 0.
///
/// A reader of our own, as no library at hand fits: those in C of Debian 12, msgpack-c 4.0.0 and libmpack 1.0.5, read
/// 32 levels of nesting at most (`MSGPACK_EMBED_STACK_SIZE`, `MPACK_MAX_OBJECT_DEPTH`), and msgpack-c allocates 24
/// bytes for each value that a list claims to hold. Here nothing is allocated before its bytes are seen, and nothing is
/// recursive: open containers are on a list.
///
/// A rendering is at most 33 times as long as the payload, by extension values without data: of their three bytes each
/// a tagged object of 97 is made, `DecodeBounds.elements` times at most. Long text and bytes grow sixfold at most.
///
/// Two NaN as keys of one map stay two keys in Python; here the last one's value stands under one.
struct MessagePack {
    private var tokens: MessagePackTokens
    private let payload: ArraySlice<UInt8>
    private let bounds: DecodeBounds
    private var rendering: Rendering
    private var containers: [OpenContainer] = []
    private var elements = 0
    private var isMap = false
    private var dialects: MessagePackDialects

    /// A list or a map of which values are still to come.
    private struct OpenContainer {
        /// Values still to end, the one that is being read included.
        var valuesLeft: Int
        /// The first key of those that are one number.
        var numberNames: [PythonNumber: MessagePackToken] = [:]
    }

    /// Open containers that msgpack-python's C extension reads at most, in every version tried. Without the extension
    /// it is some 990, by the interpreter's recursion limit.
    private static let nestingLevelsMax = 1_024

    /// The rendered session in `payload`, as far as one of `dialects` reads it.
    static func render(
        _ payload: ArraySlice<UInt8>,
        bounds: DecodeBounds,
        dialects: MessagePackDialects = .all
    ) throws(DecodeError.Why) -> [UInt8] {
        var reader = MessagePack(payload: payload, bounds: bounds, dialects: dialects)
        return try reader.readDocument()
    }

    private init(payload: ArraySlice<UInt8>, bounds: DecodeBounds, dialects: MessagePackDialects) {
        self.payload = payload
        self.bounds = bounds
        self.dialects = dialects
        tokens = MessagePackTokens(payload)
        rendering = Rendering(capacity: payload.count)
    }

    private mutating func readDocument() throws(DecodeError.Why) -> [UInt8] {
        repeat {
            if try readValue() { endValue() }
            if rendering.isInObject { try readName() }
        } while rendering.depth > 0
        guard tokens.isAtEnd else { throw malformed }
        guard isMap else { throw .notAnObject }
        return rendering.finished()
    }

    /// Reads a value, or the head of a container. False where a container was opened that has values.
    private mutating func readValue() throws(DecodeError.Why) -> Bool {
        elements += 1
        guard elements <= bounds.elements else { throw .bound(.elements, limit: bounds.elements) }
        let start = tokens.at
        let token = try nextToken()
        switch token {
        case .list(let count): return try open(isObject: false, count: count)
        case .map(let count):
            if rendering.depth == 0 { isMap = true }
            return try open(isObject: true, count: count)
        default:
            _ = try append(token, from: start)
            return true
        }
    }

    /// Opens a container, and closes it again where it is empty. Whether it is.
    private mutating func open(isObject: Bool, count: Int) throws(DecodeError.Why) -> Bool {
        let levels = min(bounds.nestingLevels, Self.nestingLevelsMax)
        guard rendering.depth < levels else { throw .bound(.nestingLevels, limit: levels) }
        rendering.open(isObject: isObject)
        guard count > 0 else {
            rendering.close()
            return true
        }
        containers.append(OpenContainer(valuesLeft: count))
        return false
    }

    /// Ends a value, and every container that it was the last one of.
    private mutating func endValue() {
        while let last = containers.indices.last {
            containers[last].valuesLeft -= 1
            guard containers[last].valuesLeft == 0 else { return rendering.separate() }
            rendering.close()
            containers.removeLast()
        }
    }

    /// Reads a key.
    private mutating func readName() throws(DecodeError.Why) {
        let start = tokens.at
        var token = try nextToken()
        if let number = PythonNumber(token) {
            let last = containers.count - 1
            // A dict keeps the first of the keys that are equal: 1, True and 1.0 are.
            if let first = containers[last].numberNames[number] {
                token = first
            } else {
                containers[last].numberNames[number] = token
            }
        }
        switch token {
        case .text, .bytes: break
        default: dialects.remove(.sinceVersion1)
        }
        rendering.beginName()
        let isPlain = try append(token, from: start)
        rendering.endName(isPlain: isPlain)
    }

    /// Writes a value without parts, which is all that Python can hash. Whether it is a plain JSON string.
    private mutating func append(_ token: MessagePackToken, from start: Int) throws(DecodeError.Why) -> Bool {
        guard let isPlain = rendering.append(token) else { throw malformed(at: start) }
        switch token {
        case .text where !isPlain: dialects.remove(.sinceVersion1)
        case .ext(MessagePackTimestamp.code, _): dialects.remove(.beforeVersion1)
        default: break
        }
        guard !dialects.isEmpty else { throw malformed(at: start) }
        return isPlain
    }

    private mutating func nextToken() throws(DecodeError.Why) -> MessagePackToken {
        guard let token = tokens.next() else { throw malformed }
        return token
    }

    /// The error for what stands next.
    private var malformed: DecodeError.Why { malformed(at: tokens.at) }

    private func malformed(at index: Int) -> DecodeError.Why {
        .badMessagePack(offset: index - payload.startIndex)
    }
}

extension MessagePack {
    /// Whether bytes begin as a map does, and not as a pickle: its PROTO and a version look like an empty map with a rest.
    static func isLikely(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return false }
        return switch first {
        case 0x80: bytes.count == 1
        case 0x81...0x8F, 0xDE, 0xDF: true
        default: false
        }
    }
}
