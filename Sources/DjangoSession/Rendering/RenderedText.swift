/// Reading back single values of the JSON that this target rendered.
enum RenderedText {
    /// The text of a JSON string; nil for any other value.
    static func string(_ value: ArraySlice<UInt8>) -> String? {
        guard value.count >= 2, value.first == quote, value.last == quote else { return nil }
        let content = value.dropFirst().dropLast()
        guard content.contains(backslash) else { return String(decoding: content, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == backslash, let escape = rest.popFirst() else {
                text.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "u"):
                // Rendered only for control characters, so always 00 and two digits.
                text.append(UInt8(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(4)
            default: text.append(escape)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The digits of an integer, with its sign, also of a tagged one; nil for any other value.
    static func integer(_ value: ArraySlice<UInt8>) -> String? {
        var digits = value
        if value.starts(with: Rendering.taggedIntOpening) {
            digits = value.dropFirst(Rendering.taggedIntOpening.count).dropLast(2)
        }
        let unsigned = digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits
        let isInteger = !unsigned.isEmpty && unsigned.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return isInteger ? String(decoding: digits, as: UTF8.self) : nil
    }

    /// Where the value that begins at `start` ends. Containers are skipped by counting brackets, at any depth.
    static func endOfValue(in data: [UInt8], from start: Int) -> Int {
        var at = start
        var depth = 0
        while at < data.count {
            switch data[at] {
            case quote:
                at = endOfString(in: data, from: at)
                if depth == 0 { return at }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return at }
                depth -= 1
                if depth == 0 { return at + 1 }
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { return at }
            default:
                break
            }
            at += 1
        }
        return data.count
    }

    private static func endOfString(in data: [UInt8], from start: Int) -> Int {
        var at = start + 1
        while at < data.count {
            if data[at] == quote { return at + 1 }
            at += data[at] == backslash ? 2 : 1
        }
        return data.count
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
}
