/// Reads a payload as Django's JSONSerializer does, `json.loads(payload.decode("latin-1"))`, or django-redis's,
/// `json.loads(payload.decode())`, and renders it on the way.
///
/// Python's JSON is laxer than RFC 8259: `NaN`, `Infinity`, `-Infinity`, lone surrogates, names that repeat (the last value
/// wins), integers and floats of any size. In other respects it is as strict, control characters in strings included
/// (json/scanner.py, Modules/_json.c). In Latin-1 each byte is a character, so raw UTF-8 becomes what Django makes of it, too.
///
/// No recursion: open containers are on a list, so a level of nesting costs a few bytes and no stack.
struct PythonJSON {
    let payload: ArraySlice<UInt8>
    /// Index of the next byte to read.
    var at: Int
    var rendering: Rendering
    let encoding: Encoding
    private let bounds: DecodeBounds
    private var elements = 0

    /// How bytes become text.
    enum Encoding {
        case latin1, utf8
    }

    /// The rendered session in `payload`.
    static func render(
        _ payload: ArraySlice<UInt8>, encoding: Encoding, bounds: DecodeBounds
    ) throws(DecodeError.Why) -> [UInt8] {
        var reader = PythonJSON(payload: payload, encoding: encoding, bounds: bounds)
        return try reader.readDocument()
    }

    private init(payload: ArraySlice<UInt8>, encoding: Encoding, bounds: DecodeBounds) {
        self.payload = payload
        self.encoding = encoding
        self.bounds = bounds
        at = payload.startIndex
        rendering = Rendering(capacity: payload.count)
    }

    /// What stands next, after white space.
    private enum Step {
        /// A value.
        case value
        /// The first member or element of a container, or its end.
        case first
        /// A comma, the end of a container, or of the document.
        case next
    }

    private mutating func readDocument() throws(DecodeError.Why) -> [UInt8] {
        skipSpace()
        let isObject = current == UInt8(ascii: "{")
        var step = Step.value
        repeat {
            skipSpace()
            switch step {
            case .value: step = try readValue()
            case .first: step = try readFirst()
            case .next: step = try readNext()
            }
        } while step != .next || rendering.depth > 0
        skipSpace()
        guard at == payload.endIndex else { throw malformed }
        guard isObject else { throw .notAnObject }
        return rendering.finished()
    }

    private mutating func readValue() throws(DecodeError.Why) -> Step {
        elements += 1
        guard elements <= bounds.elements else { throw .bound(.elements, limit: bounds.elements) }
        switch current {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard rendering.depth < bounds.nestingLevels else {
                throw .bound(.nestingLevels, limit: bounds.nestingLevels)
            }
            rendering.open(isObject: current == UInt8(ascii: "{"))
            at += 1
            return .first
        case UInt8(ascii: "\""): _ = try readString()
        case UInt8(ascii: "t"): rendering.append(try read("true"))
        case UInt8(ascii: "f"): rendering.append(try read("false"))
        case UInt8(ascii: "n"): rendering.append(try read("null"))
        case UInt8(ascii: "N"):
            _ = try read("NaN")
            rendering.append(float: .nan)
        case UInt8(ascii: "I"):
            _ = try read("Infinity")
            rendering.append(float: .infinity)
        default: try readNumber(digitsMax: bounds.integerDigits)
        }
        return .next
    }

    private mutating func readFirst() throws(DecodeError.Why) -> Step {
        if closesContainer() { return .next }
        if rendering.isInObject { try readName() }
        return .value
    }

    private mutating func readNext() throws(DecodeError.Why) -> Step {
        if closesContainer() { return .next }
        guard current == UInt8(ascii: ",") else { throw malformed }
        at += 1
        rendering.separate()
        if rendering.isInObject {
            skipSpace()
            try readName()
        }
        return .value
    }

    /// Reads the end of the innermost container where it stands next.
    private mutating func closesContainer() -> Bool {
        guard current == UInt8(ascii: rendering.isInObject ? "}" : "]") else { return false }
        at += 1
        rendering.close()
        return true
    }

    /// Reads a member's name and the colon.
    private mutating func readName() throws(DecodeError.Why) {
        guard current == UInt8(ascii: "\"") else { throw malformed }
        rendering.beginName()
        let isPlain = try readString()
        skipSpace()
        guard current == UInt8(ascii: ":") else { throw malformed }
        at += 1
        rendering.endName(isPlain: isPlain)
    }

    /// Reads `word` and gives it back.
    mutating func read(_ word: StaticString) throws(DecodeError.Why) -> StaticString {
        let fits = word.withUTF8Buffer { payload[at...].starts(with: $0) }
        guard fits else { throw malformed }
        at += word.utf8CodeUnitCount
        return word
    }

    private mutating func skipSpace() {
        while true {
            switch current {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): at += 1
            default: return
            }
        }
    }

    /// The next byte, or NUL at the end, which is as wrong as NUL is anywhere outside a string.
    var current: UInt8 { at < payload.endIndex ? payload[at] : 0 }

    /// The error for what stands next.
    var malformed: DecodeError.Why { .badJSON(offset: at - payload.startIndex) }
}
