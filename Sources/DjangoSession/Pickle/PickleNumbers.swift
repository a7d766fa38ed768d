/// Numbers in a pickle, in decimal and in binary.
enum PickleNumbers {
    /// The argument of INT: decimal digits, or `00` and `01` for `False` and `True`. Nil where it is no number.
    static func integerOrBool(
        _ line: PickleText, of heap: inout PickleHeap, bounds: DecodeBounds
    ) throws(DecodeError.Why) -> PickleValue? {
        switch heap.ascii(line) {
        case "00": .bool(false)
        case "01": .bool(true)
        default: try integer(line, of: &heap, bounds: bounds)
        }
    }

    /// The argument of LONG: decimal digits with an `L` behind them, which may be missing.
    static func long(
        _ line: PickleText, of heap: inout PickleHeap, bounds: DecodeBounds
    ) throws(DecodeError.Why) -> PickleValue? {
        var digits = line
        if heap.bytes(of: line).last == UInt8(ascii: "L") { digits.end -= 1 }
        return try integer(digits, of: &heap, bounds: bounds)
    }

    private static func integer(
        _ text: PickleText, of heap: inout PickleHeap, bounds: DecodeBounds
    ) throws(DecodeError.Why) -> PickleValue? {
        let bytes = heap.bytes(of: text)
        let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes
        guard !digits.isEmpty, digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        guard digits.count <= bounds.integerDigits else { throw .bound(.integerDigits, limit: bounds.integerDigits) }
        return Int64(String(decoding: bytes, as: UTF8.self)).map(PickleValue.integer) ?? .bigInteger(text)
    }

    /// The argument of LONG1 and LONG4: two's complement, the lowest byte first, of any length. No byte at all is 0.
    static func long(
        littleEndian range: Range<Int>, of heap: inout PickleHeap, bounds: DecodeBounds
    ) throws(DecodeError.Why) -> PickleValue {
        let bytes = heap.input[range]
        let isNegative = (bytes.last ?? 0) >= 0x80
        // Bytes that only repeat the sign of the byte below say nothing.
        var count = bytes.count
        while count > 8, bytes[range.lowerBound + count - 1] == (isNegative ? 0xFF : 0),
            (bytes[range.lowerBound + count - 2] >= 0x80) == isNegative
        {
            count -= 1
        }
        let significant = bytes.prefix(count)
        if count <= 8 {
            var number = isNegative ? UInt64.max : 0
            for byte in significant.reversed() { number = number << 8 | UInt64(byte) }
            return .integer(Int64(bitPattern: number))
        }
        // A decimal digit takes 3.32 bits: the shortest number of too many digits is longer than this.
        guard count <= bounds.integerDigits / 2 + 1 else { throw .bound(.integerDigits, limit: bounds.integerDigits) }
        // The conversion is quadratic, so long numbers cost more than one opcode.
        try heap.spend(count * count / 512)
        let digits = decimalDigits(magnitude(of: significant, isNegative: isNegative))
        guard digits.count <= bounds.integerDigits else { throw .bound(.integerDigits, limit: bounds.integerDigits) }
        return .bigInteger(try heap.keep(isNegative ? [UInt8(ascii: "-")] + digits : digits))
    }

    /// The limbs of the number without its sign, the lowest first.
    private static func magnitude(of bytes: ArraySlice<UInt8>, isNegative: Bool) -> [UInt64] {
        var limbs: [UInt64] = []
        var rest = bytes
        while !rest.isEmpty {
            var limb = isNegative ? UInt64.max : 0
            for byte in rest.prefix(8).reversed() { limb = limb << 8 | UInt64(byte) }
            limbs.append(limb)
            rest = rest.dropFirst(8)
        }
        guard isNegative else { return limbs }
        var carries = true
        for index in limbs.indices {
            limbs[index] = ~limbs[index]
            if carries { (limbs[index], carries) = limbs[index].addingReportingOverflow(1) }
        }
        return carries ? limbs + [1] : limbs
    }

    /// Divides by 10^18 again and again.
    private static func decimalDigits(_ number: [UInt64]) -> [UInt8] {
        let divisor: UInt64 = 1_000_000_000_000_000_000
        var limbs = number
        var groups: [UInt64] = []
        while let highest = limbs.last {
            if highest == 0 {
                limbs.removeLast()
                continue
            }
            var remainder: UInt64 = 0
            for index in limbs.indices.reversed() {
                (limbs[index], remainder) = divisor.dividingFullWidth((remainder, limbs[index]))
            }
            groups.append(remainder)
        }
        var digits = Array(String(groups.last ?? 0).utf8)
        for group in groups.dropLast().reversed() {
            let text = String(group)
            digits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 18 - text.utf8.count))
            digits.append(contentsOf: text.utf8)
        }
        return digits
    }

    /// The argument of FLOAT, which is what Python's `repr` writes. Nil where it is no number, or is too large for one.
    static func float(_ line: PickleText, of heap: PickleHeap) throws(DecodeError.Why) -> PickleValue? {
        guard let text = heap.ascii(line)?.lowercased() else { return nil }
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        if ["inf", "infinity", "nan"].contains(unsigned) { return Double(text).map(PickleValue.float) }
        let isDecimal = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "e"):
                true
            default: false
            }
        }
        guard isDecimal, let number = Double(text), number.isFinite else { return nil }
        return .float(number)
    }
}
