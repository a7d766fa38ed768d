/// A checker of RFC 8259 that shares no code with the decoder: UTF-8, no white space, no name twice in an object.
///
/// No recursion, so that it stands any nesting that the decoder lets through.
struct StrictJSON {
    private let bytes: [UInt8]
    private var at = 0
    /// The names of each container that is open; nil for a list.
    private var open: [Set<ArraySlice<UInt8>>?] = []

    /// Members of the outermost object; nil where the bytes are no JSON, or no object.
    static func memberCount(of bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) != nil, bytes.first == UInt8(ascii: "{") else { return nil }
        var checker = StrictJSON(bytes: bytes)
        return checker.run()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func run() -> Int? {
        var memberCount = 0
        repeat {
            guard skipValue() else { return nil }
            // What ends here may be the last value of several containers.
            while let names = open.last, !take(",") {
                guard take(names == nil ? "]" : "}") else { return nil }
                open.removeLast()
                if open.isEmpty { memberCount = names?.count ?? 0 }
            }
            if open.last != nil, !skipName() { return nil }
        } while !open.isEmpty
        return at == bytes.count ? memberCount : nil
    }

    /// Skips a scalar, an empty container, or what stands before the first value in a container.
    private mutating func skipValue() -> Bool {
        while true {
            if take("{") {
                open.append([])
                if current == UInt8(ascii: "}") { return true }
                guard skipName() else { return false }
            } else if take("[") {
                open.append(nil)
                if current == UInt8(ascii: "]") { return true }
            } else {
                return take("\"") ? skipRestOfString() : skipWord()
            }
        }
    }

    /// Skips a member's name and its colon; in a list there is none.
    private mutating func skipName() -> Bool {
        guard open[open.count - 1] != nil else { return true }
        let start = at
        guard take("\""), skipRestOfString(), take(":") else { return false }
        return open[open.count - 1]?.insert(bytes[start..<at]).inserted ?? false
    }

    private mutating func skipRestOfString() -> Bool {
        while at < bytes.count {
            at += 1
            switch bytes[at - 1] {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard skipEscape() else { return false }
            case ..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func skipEscape() -> Bool {
        for escape: Unicode.Scalar in ["\"", "\\", "/", "b", "f", "n", "r", "t"] where take(escape) { return true }
        guard take("u"), bytes.count - at >= 4 else { return false }
        at += 4
        return bytes[at - 4..<at].allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }

    /// Skips `null`, `true`, `false` or a number.
    private mutating func skipWord() -> Bool {
        let word = bytes[at...].prefix { !",]}".utf8.contains($0) }
        at = word.endIndex
        let text = String(decoding: word, as: UTF8.self)
        return ["null", "true", "false"].contains(text)
            || text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }
}
