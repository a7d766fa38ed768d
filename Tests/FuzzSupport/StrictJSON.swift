/// A checker of RFC 8259 that shares no code with the readers under test. The bytes must be UTF-8.
///
/// No recursion, so that it stands any nesting that they let through.
package struct StrictJSON {
    /// What is taken besides.
    package struct Leniency: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// White space between the parts.
        package static let space = Leniency(rawValue: 1)
        /// A name that stands twice in an object.
        package static let repetition = Leniency(rawValue: 2)
    }

    /// What a text is.
    package struct Summary: Equatable, Sendable {
        /// Members of the outermost object; 0 for anything else.
        package var memberCount = 0
        /// How many arrays and objects stand in each other.
        package var depth = 0
    }

    private let bytes: [UInt8]
    private let leniency: Leniency
    private var at = 0
    private var summary = Summary()
    /// The names of each container that is open; nil for a list.
    private var open: [Set<ArraySlice<UInt8>>?] = []

    /// Nil where the bytes are no JSON.
    package static func summary(of bytes: [UInt8], _ leniency: Leniency = []) -> Summary? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var checker = StrictJSON(bytes: bytes, leniency: leniency)
        return checker.run()
    }

    private init(bytes: [UInt8], leniency: Leniency) {
        self.bytes = bytes
        self.leniency = leniency
    }

    private mutating func run() -> Summary? {
        repeat {
            guard skipValue() else { return nil }
            // What ends here may be the last value of several containers.
            while let names = open.last, !take(",") {
                guard take(names == nil ? "]" : "}") else { return nil }
                open.removeLast()
                if open.isEmpty { summary.memberCount = names?.count ?? 0 }
            }
            if open.last != nil, !skipName() { return nil }
        } while !open.isEmpty
        skipSpace()
        return at == bytes.count ? summary : nil
    }

    /// Skips a scalar, an empty container, or what stands before the first value in a container.
    private mutating func skipValue() -> Bool {
        while true {
            if take("{") {
                enter([])
                if isNext("}") { return true }
                guard skipName() else { return false }
            } else if take("[") {
                enter(nil)
                if isNext("]") { return true }
            } else {
                return take("\"") ? skipRestOfString() : skipWord()
            }
        }
    }

    private mutating func enter(_ names: Set<ArraySlice<UInt8>>?) {
        open.append(names)
        summary.depth = max(summary.depth, open.count)
    }

    /// Skips a member's name and its colon; in a list there is none.
    private mutating func skipName() -> Bool {
        guard open[open.count - 1] != nil else { return true }
        skipSpace()
        let start = at
        guard take("\""), skipRestOfString() else { return false }
        let isNew = open[open.count - 1]?.insert(bytes[start..<at]).inserted ?? false
        return take(":") && (isNew || leniency.contains(.repetition))
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
        guard at < bytes.count else { return false }
        at += 1
        if "\"\\/bfnrt".utf8.contains(bytes[at - 1]) { return true }
        guard bytes[at - 1] == UInt8(ascii: "u"), bytes.count - at >= 4 else { return false }
        at += 4
        return bytes[at - 4..<at].allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }

    /// Skips `null`, `true`, `false` or a number.
    private mutating func skipWord() -> Bool {
        let word = bytes[at...].prefix { !",]} \t\n\r".utf8.contains($0) }
        at = word.endIndex
        return ["null", "true", "false"].contains { word.elementsEqual($0.utf8) } || Self.isNumber(word)
    }

    private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
        var rest = word.first == UInt8(ascii: "-") ? word.dropFirst() : word
        let whole = digits(&rest)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard !digits(&rest).isEmpty else { return false }
        }
        guard let exponent = rest.first else { return true }
        guard exponent | 0x20 == UInt8(ascii: "e") else { return false }
        rest.removeFirst()
        if let sign = rest.first, "+-".utf8.contains(sign) { rest.removeFirst() }
        return !digits(&rest).isEmpty && rest.isEmpty
    }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        return digits
    }

    private mutating func skipSpace() {
        guard leniency.contains(.space) else { return }
        while at < bytes.count, " \t\n\r".utf8.contains(bytes[at]) { at += 1 }
    }

    private mutating func isNext(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        return at < bytes.count && bytes[at] == UInt8(ascii: character)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        at += 1
        return true
    }
}
