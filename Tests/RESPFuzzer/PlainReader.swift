import RESP

/// RESP2 with bounds, read from bytes that are all there, by recursion: shares no code with what it is compared with.
struct PlainReader {
    private let bytes: [UInt8]
    private let bounds: ReplyBounds
    private var at = 0
    /// What the reply has so far.
    private var size = (bytes: 0, elements: 0)

    private enum Stop: Error {
        case incomplete, refused
    }

    static func read(_ bytes: [UInt8], _ bounds: ReplyBounds) -> ReplyChecks.Outcome {
        var reader = PlainReader(bytes: bytes, bounds: bounds)
        var outcome = ReplyChecks.Outcome()
        do throws(Stop) {
            while reader.at < bytes.count {
                reader.size = (0, 0)
                outcome.values.append(try reader.value(depth: 0))
            }
        } catch {
            outcome.isRefused = error == .refused
        }
        return outcome
    }

    private init(bytes: [UInt8], bounds: ReplyBounds) {
        self.bytes = bytes
        self.bounds = bounds
    }

    private mutating func value(depth: Int) throws(Stop) -> RESPValue {
        // Refused at once: the line of what is no RESP may never end.
        if at < bytes.count, !"+-:$*".utf8.contains(bytes[at]) { throw .refused }
        let line = try line()
        let text = Array(line.dropFirst())
        switch line.first {
        case UInt8(ascii: "+"):
            try add(line.count + 2)
            return .status(text)
        case UInt8(ascii: "-"):
            try add(line.count + 2)
            return .error(text)
        case UInt8(ascii: ":"):
            guard let number = Self.number(text) else { throw .refused }
            try add(line.count + 2)
            return .integer(Int64(number))
        case UInt8(ascii: "$"): return try string(length: Self.number(text), head: line.count + 2)
        case UInt8(ascii: "*"):
            guard let count = Self.number(text), count >= -1 else { throw .refused }
            try add(line.count + 2)
            return count < 0 ? .null : .array(try elements(count, depth: depth))
        default: throw .refused
        }
    }

    private mutating func elements(_ count: Int, depth: Int) throws(Stop) -> [RESPValue] {
        guard count > 0 else { return [] }
        guard count <= bounds.elementCount - size.elements, depth < bounds.nestingLevels else { throw .refused }
        size.elements += count
        var values: [RESPValue] = []
        for _ in 0..<count { values.append(try value(depth: depth + 1)) }
        return values
    }

    private mutating func string(length: Int?, head: Int) throws(Stop) -> RESPValue {
        guard let length, length >= -1 else { throw .refused }
        guard length >= 0 else {
            try add(head)
            return .null
        }
        var omission: String?
        if length > bounds.stringBytes {
            omission = "TOOLARGE"
        } else if length > bounds.shortStringBytes, size.bytes + length > bounds.replyBytes {
            omission = "NOROOM"
        }
        guard omission == nil || length <= bounds.passedOverBytes else { throw .refused }
        let stand = omission.map { Array("\($0) a string of \(length) bytes".utf8) }
        try add(stand.map { $0.count + 3 } ?? head + length)
        guard bytes.count - at > length else { throw .incomplete }
        let content = Array(bytes[at..<at + length])
        at += length
        guard try line().isEmpty else { throw .refused }
        return stand.map(RESPValue.error) ?? .string(content)
    }

    /// The line that begins here, without its end.
    private mutating func line() throws(Stop) -> ArraySlice<UInt8> {
        let rest = bytes[at...]
        guard let end = rest.firstIndex(of: 0x0A), end - at < bounds.lineBytes else {
            throw rest.count > bounds.lineBytes ? .refused : .incomplete
        }
        guard end > at, bytes[end - 1] == 0x0D else { throw .refused }
        defer { at = end + 1 }
        return bytes[at..<end - 1]
    }

    private mutating func add(_ count: Int) throws(Stop) {
        size.bytes += count
        guard size.bytes <= 2 * bounds.replyBytes else { throw .refused }
    }

    private static func number(_ text: [UInt8]) -> Int? {
        // A number is what is written as it is.
        guard let number = Int(String(decoding: text, as: UTF8.self)), Array(String(number).utf8) == text else {
            return nil
        }
        return number
    }
}
