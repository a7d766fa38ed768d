import Glibc

/// What stays the same in the lines of a client that asks for one session after the other: all but the id and the key.
///
/// ```
///   {"jsonrpc":"2.0","id":7,"method":"session.identity","params":{"session_key":"kv2x…"}}
///   └────── before ──────┘ └──────────────────── between ─────────────────────┘      └─┘ after
/// ```
/// Every client's library writes its members in one order and with one kind of spaces. So the shape of a line that was read once is
/// found again by three comparisons of bytes, without reading JSON. Another number as the id, and another plain text of the same
/// length as the key, cannot change what the rest of the line means.
package struct RequestShape: Sendable, Equatable {
    private let before: [UInt8]
    private let between: [UInt8]
    private let after: [UInt8]
    private let keyByteCount: Int
    private let isIDFirst: Bool

    /// Where the id and the key of a line stand.
    package struct Variables: Equatable {
        /// The id's JSON text.
        package var id: Range<Int>
        /// Between the quotes. As many bytes as the key had of which the shape was made; whether they are plain text, which needs no
        /// escape in JSON, is left to the caller to see.
        package var key: Range<Int>
        /// Where the next line begins.
        package var end: Int
    }

    /// The shape of a line that was read as a request with one param, `key`; nil where its id is neither a number without a sign, fraction or
    /// exponent nor a short plain text, or the key was written with escapes.
    package init?(of line: [UInt8], _ request: Request, key: JSONString) {
        guard let id = request.id?.text, Self.stands(id, in: line), Self.stands(key.utf8, in: line), !key.utf8.isEmpty,
            Self.isQuoted(key.utf8, in: line),
            line.withUnsafeBytes({ Self.idEnd($0, from: id.startIndex) }) == id.endIndex
        else { return nil }
        isIDFirst = id.startIndex < key.utf8.startIndex
        let (first, second) = isIDFirst ? (id, key.utf8) : (key.utf8, id)
        guard first.endIndex <= second.startIndex else { return nil }
        before = Array(line[..<first.startIndex])
        between = Array(line[first.endIndex..<second.startIndex])
        after = Array(line[second.endIndex...])
        keyByteCount = key.utf8.count
    }

    /// Whether a slice is of this line, and not a text that was put together from escapes.
    private static func stands(_ slice: ArraySlice<UInt8>, in line: [UInt8]) -> Bool {
        slice.startIndex >= 0 && slice.endIndex <= line.count && line[slice.indices].elementsEqual(slice)
    }

    /// Whether quotes stand around a slice: of a text that ends in escapes it would be another character.
    private static func isQuoted(_ slice: ArraySlice<UInt8>, in line: [UInt8]) -> Bool {
        let quote = UInt8(ascii: "\"")
        return slice.startIndex > 0 && slice.endIndex < line.count && line[slice.startIndex - 1] == quote
            && line[slice.endIndex] == quote
    }

    /// The id and the key of the line that begins at a place, if it is one of this shape and ends in `input`; nil for any other.
    @inline(__always)
    package func match(_ input: UnsafeRawBufferPointer, at start: Int) -> Variables? {
        guard Self.has(input, before, at: start) else { return nil }
        let first = start + before.count
        let id: Range<Int>
        let key: Range<Int>
        if isIDFirst {
            guard let end = Self.idEnd(input, from: first) else { return nil }
            id = first..<end
            key = end + between.count..<end + between.count + keyByteCount
            guard Self.has(input, between, at: end) else { return nil }
        } else {
            key = first..<first + keyByteCount
            let start = key.upperBound + between.count
            guard Self.has(input, between, at: key.upperBound), let end = Self.idEnd(input, from: start) else {
                return nil
            }
            id = start..<end
        }
        let rest = max(id.upperBound, key.upperBound)
        guard Self.has(input, after, at: rest),
            let end = Self.lineEnd(input, at: rest + after.count)
        else { return nil }
        return Variables(id: id, key: key, end: end)
    }

    /// Where the line after one that ends here begins; nil where it goes on.
    @inline(__always)
    private static func lineEnd(_ input: UnsafeRawBufferPointer, at place: Int) -> Int? {
        guard place < input.count else { return nil }
        if input[place] == UInt8(ascii: "\n") { return place + 1 }
        let isEnd =
            input[place] == UInt8(ascii: "\r") && place + 1 < input.count && input[place + 1] == UInt8(ascii: "\n")
        return isEnd ? place + 2 : nil
    }

    @inline(__always)
    private static func has(_ input: UnsafeRawBufferPointer, _ bytes: [UInt8], at place: Int) -> Bool {
        guard place + bytes.count <= input.count, let start = input.baseAddress else { return bytes.isEmpty }
        return bytes.withUnsafeBytes { bytes in
            guard let expected = bytes.baseAddress else { return true }
            return memcmp(start + place, expected, bytes.count) == 0
        }
    }

    /// The longest text of an id that is read here, in bytes.
    private static let idByteCountMax = 64

    /// Where a simple id that begins at this place ends.
    @inline(__always)
    private static func idEnd(_ line: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < line.count else { return nil }
        let limit = min(line.count, start + idByteCountMax)
        var place = start
        if line[start] == UInt8(ascii: "\"") {
            place += 1
            while place < limit, isPlain(line[place]) { place += 1 }
            return place < limit && line[place] == UInt8(ascii: "\"") ? place + 1 : nil
        }
        while place < limit, isDigit(line[place]) { place += 1 }
        // JSON knows no leading zeros, and a number may go on with a fraction.
        guard place > start, place == start + 1 || line[start] != UInt8(ascii: "0"), place < limit else { return nil }
        return line[place] == UInt8(ascii: ",") || line[place] == UInt8(ascii: "}") || line[place] == UInt8(ascii: " ")
            ? place : nil
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
