/// Appends JSON text to a buffer of bytes and puts the commas in their places.
///
/// Every value written inside an object must follow a `key`; the writer does not check that, nor that every `begin` has its `end`.
/// What it writes is valid UTF-8 whatever it is given, but for `raw`, which is copied as it is.
package struct JSONWriter: Sendable {
    /// The text written so far.
    package private(set) var bytes: [UInt8]

    private var needsComma = false

    /// A writer with an empty buffer, with room for `capacity` bytes.
    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// A writer that appends a first value to `bytes`, which it takes over; no comma is put before that value.
    package init(appendingTo bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    /// Opens an object.
    package mutating func beginObject() {
        open(UInt8(ascii: "{"))
    }

    /// Closes the innermost object.
    package mutating func endObject() {
        close(UInt8(ascii: "}"))
    }

    /// Opens an array.
    package mutating func beginArray() {
        open(UInt8(ascii: "["))
    }

    /// Closes the innermost array.
    package mutating func endArray() {
        close(UInt8(ascii: "]"))
    }

    /// The name of the next member. `name` must need no escape.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The name of the next member, escaped where it has to be.
    package mutating func key(escaping name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A string.
    package mutating func string(_ value: String) {
        separate()
        appendQuoted(value.utf8)
    }

    /// A string given as its UTF-8 bytes; what is no UTF-8 among them becomes U+FFFD.
    package mutating func string(utf8 value: some Collection<UInt8>) {
        guard value.allSatisfy({ $0 < 0x80 }) else {
            string(String(decoding: value, as: UTF8.self))
            return
        }
        separate()
        appendQuoted(value)
    }

    /// An integer.
    package mutating func int(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// A number, in the shortest text that reads back as the same; `null` for NaN and the infinities, for which JSON has no word.
    package mutating func double(_ value: Double) {
        guard value.isFinite else {
            null()
            return
        }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// `true` or `false`.
    package mutating func bool(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    /// `null`.
    package mutating func null() {
        raw("null")
    }

    /// One value that is JSON text already.
    package mutating func raw(_ json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    private mutating func raw(_ json: StaticString) {
        separate()
        json.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func separate() {
        if needsComma {
            bytes.append(UInt8(ascii: ","))
        }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func appendQuoted(_ utf8: some Collection<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: utf8)
        } else {
            for byte in utf8 {
                appendEscaped(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A:
            bytes.append(contentsOf: "\\n".utf8)
        case 0x0D:
            bytes.append(contentsOf: "\\r".utf8)
        case 0x09:
            bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(Hexadecimal.digit(byte >> 4))
            bytes.append(Hexadecimal.digit(byte & 0x0F))
        default:
            bytes.append(byte)
        }
    }
}
