/// Looks at the bytes of a connection before hiredis does, and lets through what is RESP2 and within bounds.
///
/// hiredis takes a server at its word: it allocates what the head of an array announces, keeps what has no end, and knows more
/// types the newer it is. None of that gets past here. A string that is too long is passed over as it comes, and an error takes its
/// place, so that one bad value costs neither memory nor the connection:
/// ```
///   $536870912 ……  ──▶  -TOOLARGE …      longer than any string may be
///   $1048576 ……    ──▶  -NOROOM …        one of many long ones in a reply; asked for by itself it would be taken
/// ```
struct ReplyGuard {
    private let bounds: ReplyBounds
    private var part = Part.head
    /// The part of a line that has come so far.
    private var line: [UInt8] = []
    /// What takes the place of the string that is being passed over.
    private var stand: [UInt8] = []
    /// How many elements each open array still wants.
    private var open: [Int] = []
    private var byteCount = 0
    private var elementCount = 0

    private enum Part {
        /// A line that begins with a type.
        case head
        case string(missing: Int)
        /// A string of which nothing is let through.
        case passedOver(missing: Int)
        /// The end of the line behind a string.
        case stringEnd(isPassedOver: Bool)
    }

    init(bounds: ReplyBounds) {
        self.bounds = bounds
    }

    /// Appends what may be read of `bytes` to `admitted`.
    ///
    /// - Throws: ``RESPError/malformed(_:)``; nothing may be read afterwards.
    mutating func admit(_ bytes: [UInt8], to admitted: inout [UInt8]) throws(RESPError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch part {
            case .head, .stringEnd:
                try takeLine(&rest)
                try checkType()
                guard line.last == 0x0A else { return }
                try lineEnded(&admitted)
                line.removeAll(keepingCapacity: true)
            case .string(let missing):
                let piece = rest.prefix(missing)
                admitted += piece
                rest = rest[piece.endIndex...]
                part = piece.count < missing ? .string(missing: missing - piece.count) : .stringEnd(isPassedOver: false)
            case .passedOver(let missing):
                let count = min(missing, rest.count)
                rest = rest.dropFirst(count)
                part = count < missing ? .passedOver(missing: missing - count) : .stringEnd(isPassedOver: true)
            }
        }
    }

    /// Moves bytes to ``line``, up to its end.
    private mutating func takeLine(_ rest: inout ArraySlice<UInt8>) throws(RESPError) {
        let room = rest.prefix(bounds.lineBytes + 1 - line.count)
        let piece = room.firstIndex(of: 0x0A).map { room[...$0] } ?? room
        line += piece
        rest = rest[piece.endIndex...]
        guard line.count <= bounds.lineBytes else { throw .malformed("a line of more than \(bounds.lineBytes) bytes") }
    }

    /// What is no RESP is refused at its first byte: its line may never end.
    private func checkType() throws(RESPError) {
        guard case .head = part, let first = line.first, !"$*+-:".utf8.contains(first) else { return }
        throw .malformed("a reply of the unknown type \(first)")
    }

    private mutating func lineEnded(_ admitted: inout [UInt8]) throws(RESPError) {
        guard line.dropLast().last == 0x0D else { throw .malformed("a line that does not end in CR LF") }
        guard case .stringEnd(let isPassedOver) = part else { return try head(&admitted) }
        guard line.count == 2 else { throw .malformed("a string that is longer than announced") }
        admitted += isPassedOver ? stand : line
        part = .head
        valueEnded()
    }

    private mutating func head(_ admitted: inout [UInt8]) throws(RESPError) {
        let text = line.dropFirst().dropLast(2)
        switch line[0] {
        case UInt8(ascii: "$"): return try string(length: Self.number(text), &admitted)
        case UInt8(ascii: "*"): return try array(count: Self.number(text), &admitted)
        case UInt8(ascii: ":"):
            guard Self.number(text) != nil else { throw .malformed("an integer that is none") }
        default: break
        }
        try count(line.count)
        admitted += line
        valueEnded()
    }

    private mutating func string(length: Int?, _ admitted: inout [UInt8]) throws(RESPError) {
        guard let length, length >= -1 else { throw .malformed("a string of an impossible length") }
        switch length {
        case -1:
            try count(line.count)
            admitted += line
            valueEnded()
        case (bounds.stringBytes + 1)...:
            try passOver(length, .tooLarge)
        case (bounds.shortStringBytes + 1)... where byteCount + length > bounds.replyBytes:
            try passOver(length, .noRoom)
        default:
            try count(line.count + length)
            admitted += line
            part = length == 0 ? .stringEnd(isPassedOver: false) : .string(missing: length)
        }
    }

    private mutating func passOver(_ length: Int, _ reason: RESPValue.Omission) throws(RESPError) {
        guard length <= bounds.passedOverBytes else {
            throw .malformed("a string of more than \(bounds.passedOverBytes) bytes")
        }
        stand = Array("-\(reason.rawValue) a string of \(length) bytes\r\n".utf8)
        try count(stand.count)
        part = .passedOver(missing: length)
    }

    private mutating func array(count elements: Int?, _ admitted: inout [UInt8]) throws(RESPError) {
        guard let elements, elements >= -1 else { throw .malformed("an array of an impossible length") }
        try count(line.count)
        guard elements > 0 else {
            admitted += line
            return valueEnded()
        }
        guard elements <= bounds.elementCount - elementCount else {
            throw .malformed("a reply of more than \(bounds.elementCount) elements")
        }
        elementCount += elements
        guard open.count < bounds.nestingLevels else {
            throw .malformed("arrays that are nested deeper than \(bounds.nestingLevels)")
        }
        open.append(elements)
        admitted += line
    }

    private mutating func count(_ bytes: Int) throws(RESPError) {
        byteCount += bytes
        guard byteCount <= 2 * bounds.replyBytes else {
            throw .malformed("a reply of more than \(2 * bounds.replyBytes) bytes")
        }
    }

    /// A value is complete, and with it each array whose last element it is.
    private mutating func valueEnded() {
        while let missing = open.popLast() {
            guard missing == 1 else { return open.append(missing - 1) }
        }
        (byteCount, elementCount) = (0, 0)
    }

    /// An integer as Redis writes it: no sign but a minus, no zero in front.
    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard let first = digits.first, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard first != 0x30 || text.count == 1 else { return nil }
        return Int(String(decoding: text, as: UTF8.self))
    }
}
