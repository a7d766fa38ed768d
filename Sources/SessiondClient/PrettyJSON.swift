/// Spreads JSON text over lines, without reading it into values: numbers and the order of members stay as they are.
enum PrettyJSON {
    /// The text with a line for each element and member, two spaces deeper for each level.
    ///
    /// Characters that steer a terminal (DEL and U+0080 to U+009F, which JSON lets stand in a string) become escapes of the same
    /// meaning, so that a session cannot write to the screen of whoever looks at it.
    ///
    /// - Parameter json: Valid JSON.
    static func text(_ json: some Sequence<UInt8>) -> String {
        var printer = Printer()
        for byte in json {
            printer.take(byte)
        }
        return String(decoding: printer.output, as: UTF8.self)
    }

    private struct Printer {
        var output: [UInt8] = []
        private var depth = 0
        private var isInString = false
        private var isEscaped = false
        private var isAfterOpening = false
        private var isAfterC2 = false

        mutating func take(_ byte: UInt8) {
            if isInString {
                takeInString(byte)
                return
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D:
                break
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                beginValue()
                output.append(byte)
                depth += 1
                isAfterOpening = true
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if isAfterOpening {
                    isAfterOpening = false
                } else {
                    breakLine()
                }
                output.append(byte)
            case UInt8(ascii: ","):
                output.append(byte)
                breakLine()
            case UInt8(ascii: ":"):
                output.append(contentsOf: ": ".utf8)
            default:
                beginValue()
                output.append(byte)
                isInString = byte == UInt8(ascii: "\"")
            }
        }

        private mutating func takeInString(_ byte: UInt8) {
            if isAfterC2 {
                isAfterC2 = false
                if byte < 0xA0 {
                    escape(byte)
                } else {
                    output += [0xC2, byte]
                }
            } else if byte == 0xC2 {
                isAfterC2 = true
            } else if byte == 0x7F {
                escape(byte)
            } else {
                output.append(byte)
            }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
        }

        private mutating func escape(_ byte: UInt8) {
            output.append(contentsOf: "\\u00\(String(byte, radix: 16))".utf8)
        }

        private mutating func beginValue() {
            if isAfterOpening {
                isAfterOpening = false
                breakLine()
            }
        }

        private mutating func breakLine() {
            output.append(0x0A)
            output.append(contentsOf: repeatElement(0x20, count: 2 * depth))
        }
    }
}
