/// A strict reader of RFC 8259, so that what the decoder renders is judged by other code than its own: no name twice, no
/// white space missing its place, no bytes that are no UTF-8.
indirect enum JSONValue: Hashable {
    case null
    case bool(Bool)
    case integer(String)
    case float(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
    /// `{"$py":"dict"}`, `set` or `frozenset` by its tag: its pairs or elements have no order.
    case unordered(String, Set<JSONValue>)

    struct Malformed: Error {
        let offset: Int
    }

    init(_ bytes: [UInt8]) throws {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Malformed(offset: 0) }
        var parser = Parser(bytes: bytes)
        self = try parser.value()
        parser.skipSpace()
        guard parser.at == bytes.count else { throw Malformed(offset: parser.at) }
    }

    init(_ text: String) throws {
        try self.init(Array(text.utf8))
    }

    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var strings: [String]? {
        guard case .array(let values) = self else { return nil }
        return values.compactMap(\.string)
    }

    var integer: Int64? {
        guard case .integer(let digits) = self else { return nil }
        return Int64(digits)
    }

    private struct Parser {
        let bytes: [UInt8]
        var at = 0

        mutating func value() throws -> JSONValue {
            skipSpace()
            switch peek {
            case UInt8(ascii: "{"): return try object()
            case UInt8(ascii: "["): return .array(try elements())
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            default: return try number()
            }
        }

        private mutating func object() throws -> JSONValue {
            var members: [String: JSONValue] = [:]
            at += 1
            skipSpace()
            if take("}") { return .object(members) }
            repeat {
                skipSpace()
                let name = try string()
                skipSpace()
                guard take(":"), members[name] == nil else { throw malformed }
                members[name] = try value()
                skipSpace()
            } while take(",")
            guard take("}") else { throw malformed }
            if case .string(let tag)? = members["$py"], ["dict", "set", "frozenset"].contains(tag),
                case .array(let parts)? = members["v"]
            {
                return .unordered(tag, Set(parts))
            }
            return .object(members)
        }

        private mutating func elements() throws -> [JSONValue] {
            var values: [JSONValue] = []
            at += 1
            skipSpace()
            if take("]") { return values }
            repeat {
                values.append(try value())
                skipSpace()
            } while take(",")
            guard take("]") else { throw malformed }
            return values
        }

        private mutating func string() throws -> String {
            guard take("\"") else { throw malformed }
            var units: [UInt16] = []
            while peek != UInt8(ascii: "\"") {
                guard peek >= 0x20 else { throw malformed }
                if take("\\") {
                    units.append(try escape())
                } else {
                    let start = at
                    repeat { at += 1 } while at < bytes.count && bytes[at] & 0xC0 == 0x80
                    units += String(decoding: bytes[start..<at], as: UTF8.self).utf16
                }
            }
            at += 1
            guard let text = String(validating: units, as: UTF16.self) else { throw malformed }
            return text
        }

        private mutating func escape() throws -> UInt16 {
            let escape = peek
            at += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(escape)
            case UInt8(ascii: "b"): return 8
            case UInt8(ascii: "t"): return 9
            case UInt8(ascii: "n"): return 10
            case UInt8(ascii: "f"): return 12
            case UInt8(ascii: "r"): return 13
            case UInt8(ascii: "u"):
                let digits = String(decoding: bytes[at...].prefix(4), as: UTF8.self)
                guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else { throw malformed }
                at += 4
                return unit
            default: throw malformed
            }
        }

        private mutating func number() throws -> JSONValue {
            let start = at
            let characters = Array("+-.0123456789eE".utf8)
            while characters.contains(peek) { at += 1 }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            let pattern = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/
            guard let match = text.wholeMatch(of: pattern) else { throw malformed }
            guard match.2 != nil || match.3 != nil else { return .integer(text) }
            guard let double = Double(text), double.isFinite else { throw malformed }
            return .float(double)
        }

        private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
            guard bytes[at...].starts(with: word.utf8) else { throw malformed }
            at += word.utf8.count
            return value
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard peek == UInt8(ascii: character) else { return false }
            at += 1
            return true
        }

        mutating func skipSpace() {
            while at < bytes.count, Array(" \n\r\t".utf8).contains(bytes[at]) { at += 1 }
        }

        private var peek: UInt8 { at < bytes.count ? bytes[at] : 0 }
        private var malformed: Malformed { Malformed(offset: at) }
    }
}
