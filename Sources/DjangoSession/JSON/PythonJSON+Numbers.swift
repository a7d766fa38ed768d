/// Numbers: integers keep every digit, floats become doubles and are written as Python writes them.
extension PythonJSON {
    /// Reads the number that stands next, or `-Infinity`. An integer has `digitsMax` digits at most, a float any number.
    mutating func readNumber(digitsMax: Int) throws(DecodeError.Why) {
        let start = at
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { at += 1 }
        if isNegative, current == UInt8(ascii: "I") {
            _ = try read("Infinity")
            return rendering.append(float: -.infinity)
        }
        let digits = at..<endOfDigits(from: at)
        guard !digits.isEmpty else { throw malformed }
        // A zero in front ends the number, so what follows it is an error, as in Python.
        at = payload[digits.lowerBound] == UInt8(ascii: "0") ? digits.lowerBound + 1 : digits.upperBound
        let wholeEnd = at
        skipFraction()
        skipExponent()
        guard at > wholeEnd else {
            guard wholeEnd - digits.lowerBound <= digitsMax else { throw .bound(.integerDigits, limit: digitsMax) }
            return rendering.append(integer: payload[digits.lowerBound..<wholeEnd], isNegative: isNegative)
        }
        guard let value = Double(String(decoding: payload[start..<at], as: UTF8.self)) else { throw malformed }
        rendering.append(float: value)
    }

    private mutating func skipFraction() {
        guard current == UInt8(ascii: ".") else { return }
        let end = endOfDigits(from: at + 1)
        // A point without digits is not part of the number.
        if end > at + 1 { at = end }
    }

    private mutating func skipExponent() {
        guard current | 0x20 == UInt8(ascii: "e") else { return }
        var digits = at + 1
        if let sign = payload[digits...].first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { digits += 1 }
        let end = endOfDigits(from: digits)
        if end > digits { at = end }
    }

    private func endOfDigits(from start: Int) -> Int {
        var end = start
        while end < payload.endIndex, UInt8(ascii: "0")...UInt8(ascii: "9") ~= payload[end] { end += 1 }
        return end
    }
}
