import Foundation
import JSONRPC
import TestSupport
import Testing

/// Two readers of JSON, written independently, must agree.
///
/// Known differences, kept out of the comparison: Foundation takes a byte order mark, UTF-16 and UTF-32, and a comma before a closing
/// bracket; it refuses half of a surrogate pair, which the scanner marks, and numbers beyond the range of `Double`,
/// whose text the scanner keeps; it takes one of several members of the same name.
@Suite struct AgainstFoundationTests {
    @Test("Generated values mean the same to Foundation", arguments: 1...20)
    func sameMeaning(seed: Int) throws {
        var generator = ValueGenerator(seed: UInt64(seed))
        for _ in 0..<100 {
            let source = generator.text()
            let bytes = Array(source.utf8)
            let expected = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            #expect(isSame(try scan(bytes), expected), "seed \(seed): \(source)")
        }
    }

    @Test("What Foundation refuses after a change is refused here too", arguments: 1...20)
    func sameRefusals(seed: Int) throws {
        var generator = ValueGenerator(seed: UInt64(seed))
        var refusals = 0
        for _ in 0..<300 {
            let bytes = generator.mutated(Array(generator.text().utf8))
            let foundation = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            let scanned = try? scan(bytes)
            if let scanned, isBeyondFoundation(scanned) {
                continue
            }
            guard !looksLikeOtherEncoding(bytes), scanned != nil || !hasTrailingComma(bytes) else {
                continue
            }
            #expect((foundation == nil) == (scanned == nil), "seed \(seed): \(text(bytes))")
            refusals += foundation == nil ? 1 : 0
        }
        #expect(refusals > 50)
    }

    private func isSame(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null:
            return other is NSNull
        case .bool(let bool):
            return (other as? Bool) == bool
        case .number(let number):
            guard let double = Double(text(number.text)), let otherNumber = other as? NSNumber else {
                return false
            }
            return otherNumber.doubleValue == double
        case .string(let string):
            return (other as? String).map { Array($0.utf8) == Array(string.utf8) } ?? false
        case .array(let elements):
            guard let others = other as? [Any], others.count == elements.count else {
                return false
            }
            return zip(elements, others).allSatisfy { isSame($0, $1) }
        case .object(let members):
            guard let others = other as? [String: Any], others.count == members.count else {
                return false
            }
            return members.allSatisfy { member in others[member.name.string].map { isSame(member.value, $0) } ?? false }
        }
    }

    private func isBeyondFoundation(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let number): Double(text(number.text)).map { !$0.isFinite } ?? false
        case .string(let string): !string.isUnicode
        case .array(let elements): elements.contains { isBeyondFoundation($0) }
        case .object(let members): members.contains { !$0.name.isUnicode || isBeyondFoundation($0.value) }
        default: false
        }
    }

    private func hasTrailingComma(_ bytes: [UInt8]) -> Bool {
        let dense = bytes.filter { !" \t\r\n".utf8.contains($0) }
        return zip(dense, dense.dropFirst()).contains { $0 == 0x2C && ($1 == 0x5D || $1 == 0x7D) }
    }

    private func looksLikeOtherEncoding(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(4).contains(0) || bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
            || bytes.starts(with: [0xEF, 0xBB, 0xBF])
    }
}

/// Makes texts of JSON, and breaks them.
private struct ValueGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func text(depth: Int = 0) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 9 : 5), using: &generator) {
        case 0: return ["null", "true", "false"].randomElement(using: &generator) ?? "null"
        case 1, 2: return number()
        case 3, 4: return string()
        case 5, 6:
            let elements = (0..<Int.random(in: 0...4, using: &generator)).map { _ in text(depth: depth + 1) }
            return "[" + elements.joined(separator: "\(space()),\(space())") + "]"
        default:
            let members = (0..<Int.random(in: 0...4, using: &generator)).map { index in
                // The index keeps names apart.
                "\(string().dropLast())\(index)\"\(space()):\(space())\(text(depth: depth + 1))"
            }
            return "{" + members.joined(separator: "\(space()),\(space())") + "}"
        }
    }

    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var changed = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = Int.random(in: 0...changed.count, using: &generator)
            let byte = "{}[],:\"\\u0-+.eE1 tnf\u{1}é".utf8.randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: changed.insert(byte, at: index)
            case 1 where index < changed.count: changed.remove(at: index)
            case 2 where index < changed.count: changed[index] = byte
            default: changed.removeSubrange(index...)
            }
        }
        return changed
    }

    private mutating func number() -> String {
        let integer = ["0", "7", "42", "123456789"].randomElement(using: &generator) ?? "0"
        let sign = Bool.random(using: &generator) ? "-" : ""
        let fraction = ["", "", ".0", ".25", ".125"].randomElement(using: &generator) ?? ""
        let exponent = ["", "", "e3", "E-2", "e+05"].randomElement(using: &generator) ?? ""
        return sign + integer + fraction + exponent
    }

    private mutating func string() -> String {
        let parts = [
            "a", "é", "😀", "e\u{301}", "\u{2028}", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u0000"#, #"\u00e9"#,
            #"\ud83d\ude00"#,
        ]
        let text = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
            parts.randomElement(using: &generator) ?? ""
        }
        return "\"" + text.joined() + "\""
    }

    private mutating func space() -> String {
        ["", "", " ", "\t", "\r\n"].randomElement(using: &generator) ?? ""
    }
}
