/// Reads JSON by the grammar of RFC 8259, strictly: UTF-8 without a byte order mark, no comments, no trailing commas, no NaN.
///
/// Two points that the RFC leaves open: repeated members are kept, so that the caller can refuse them, and an escape for half of
/// a surrogate pair makes a string that is not `isUnicode` instead of an error, since the line around it can still be understood
/// and answered.
package struct JSONScanner {
    let bytes: ArraySlice<UInt8>
    private let depthMax: Int
    var position: Int

    /// A scanner at the beginning of `bytes`; throws `notUTF8` where they are not UTF-8.
    package init(_ bytes: ArraySlice<UInt8>, depthMax: Int) throws(JSONError) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw .notUTF8
        }
        self.bytes = bytes
        self.depthMax = depthMax
        position = bytes.startIndex
    }

    /// The value of a text that holds one value and white space around it.
    package static func value(of bytes: ArraySlice<UInt8>, depthMax: Int) throws(JSONError) -> JSONValue {
        var scanner = try JSONScanner(bytes, depthMax: depthMax)
        let value = try scanner.value()
        try scanner.end()
        return value
    }

    /// The next value, after white space. `depth` counts the arrays and objects around it.
    package mutating func value(depth: Int = 0) throws(JSONError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"):
            var members: [JSONMember] = []
            try object(depth: depth) { scanner, name throws(JSONError) in
                members.append(JSONMember(name: name, value: try scanner.value(depth: depth + 1)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try array(depth: depth) { scanner throws(JSONError) in
                elements.append(try scanner.value(depth: depth + 1))
            }
            return .array(elements)
        default:
            return try scalar()
        }
    }

    /// Reads the next value and returns only where its text stands.
    package mutating func skipValue(depth: Int = 0) throws(JSONError) -> ArraySlice<UInt8> {
        let first = try peek()
        let start = position
        switch first {
        case UInt8(ascii: "{"):
            try object(depth: depth) { scanner, _ throws(JSONError) in
                _ = try scanner.skipValue(depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try array(depth: depth) { scanner throws(JSONError) in
                _ = try scanner.skipValue(depth: depth + 1)
            }
        default:
            _ = try scalar()
        }
        return bytes[start..<position]
    }

    /// Reads an object; `member` is called at the value of each member and must read it.
    package mutating func object(
        depth: Int,
        _ member: (inout JSONScanner, JSONString) throws(JSONError) -> Void
    ) throws(JSONError) {
        try open(UInt8(ascii: "{"), depth: depth)
        if try take(UInt8(ascii: "}")) {
            return
        }
        repeat {
            guard try peek() == UInt8(ascii: "\"") else {
                throw failure()
            }
            let name = try string()
            guard try take(UInt8(ascii: ":")) else {
                throw failure()
            }
            try member(&self, name)
        } while try takeSeparator(or: UInt8(ascii: "}"))
    }

    /// Reads an array; `element` is called at each element and must read it.
    package mutating func array(
        depth: Int,
        _ element: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        try open(UInt8(ascii: "["), depth: depth)
        if try take(UInt8(ascii: "]")) {
            return
        }
        repeat {
            try element(&self)
        } while try takeSeparator(or: UInt8(ascii: "]"))
    }

    /// The first byte of the next value, after white space.
    package mutating func peek() throws(JSONError) -> UInt8 {
        skipSpace()
        guard position < bytes.endIndex else {
            throw failure()
        }
        return bytes[position]
    }

    /// Checks that nothing but white space follows.
    package mutating func end() throws(JSONError) {
        skipSpace()
        guard position == bytes.endIndex else {
            throw failure()
        }
    }

    private mutating func open(_ bracket: UInt8, depth: Int) throws(JSONError) {
        guard try take(bracket) else {
            throw failure()
        }
        guard depth < depthMax else {
            throw .tooDeep(depthMax: depthMax)
        }
    }

    private mutating func takeSeparator(or end: UInt8) throws(JSONError) -> Bool {
        if try take(UInt8(ascii: ",")) {
            return true
        }
        guard try take(end) else {
            throw failure()
        }
        return false
    }

    private mutating func take(_ byte: UInt8) throws(JSONError) -> Bool {
        guard try peek() == byte else {
            return false
        }
        position += 1
        return true
    }

    private mutating func scalar() throws(JSONError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(JSONNumber(text: try number()))
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard text.withUTF8Buffer({ bytes[position...].starts(with: $0) }) else {
            throw failure()
        }
        position += text.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONError) -> ArraySlice<UInt8> {
        let start = position
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) {
            try digits()
        }
        if skip(UInt8(ascii: ".")) {
            try digits()
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) {
                skip(UInt8(ascii: "-"))
            }
            try digits()
        }
        return bytes[start..<position]
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while position < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > start else {
            throw failure()
        }
    }

    @discardableResult
    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.endIndex, bytes[position] == byte else {
            return false
        }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.endIndex {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func failure() -> JSONError {
        .grammar(offset: position - bytes.startIndex)
    }
}
