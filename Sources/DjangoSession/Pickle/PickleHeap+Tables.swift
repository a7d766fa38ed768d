/// Dictionaries and sets: Python keeps the first of equal keys, at its place, with the last value.
extension PickleHeap {
    /// Puts an entry into a dictionary, or an element into a set, where `value` is nil.
    ///
    /// Throws `unhashable` where Python has no hash of the key.
    mutating func insert(
        _ key: PicklePlace, _ value: PicklePlace?, into table: inout PickleTable
    ) throws(DecodeError.Why) {
        if let position = try position(of: key, in: &table) {
            if let value { table.values[position] = value }
            return
        }
        table.index?[try canonicalKey(key)] = table.keys.count
        table.keys.append(key)
        if let value { table.values.append(value) }
    }

    /// The value of a key that is ASCII.
    mutating func value(named name: String, in table: PickleTable) throws(DecodeError.Why) -> PicklePlace? {
        try spend(table.keys.count)
        for (key, value) in zip(table.keys, table.values) {
            if let text = text(at: key), bytes(of: text).elementsEqual(name.utf8) { return value }
        }
        return nil
    }

    private mutating func position(
        of key: PicklePlace, in table: inout PickleTable
    ) throws(DecodeError.Why) -> Int? {
        if table.index == nil, let text = text(at: key), table.keys.count < Self.smallCount {
            return try position(of: text, at: key, in: table)
        }
        if table.index == nil {
            var index: [[UInt8]: Int] = [:]
            for (position, key) in table.keys.enumerated() { index[try canonicalKey(key)] = position }
            table.index = index
        }
        return table.index?[try canonicalKey(key)]
    }

    /// Looks a text up among few texts.
    private mutating func position(
        of text: PickleText, at place: PicklePlace, in table: PickleTable
    ) throws(DecodeError.Why) -> Int? {
        for (position, other) in table.keys.enumerated() {
            if other == place { return position }
            guard let otherText = self.text(at: other), otherText.count == text.count else { continue }
            try spend(text.count / Self.bytesPerCredit)
            if bytes(of: otherText).elementsEqual(bytes(of: text)) { return position }
        }
        return nil
    }

    /// Up to so many keys that are texts are compared one by one.
    private static let smallCount = 12

    /// Bytes that are equal for keys that Python finds equal: `1`, `1.0` and `True`, and in Python 2 `'a'` and `u'a'`.
    ///
    /// A Decimal or Fraction is not compared with numbers of other classes, and dates are compared as they are written.
    mutating func canonicalKey(_ place: PicklePlace) throws(DecodeError.Why) -> [UInt8] {
        var key: [UInt8] = []
        try appendCanonicalKey(of: place, to: &key, level: 0)
        try spend(key.count / Self.bytesPerCredit)
        return key
    }

    /// Nested tuples are hashed by recursion, in Python as here; no session's keys go this deep.
    private static let keyLevels = 100

    private mutating func appendCanonicalKey(
        of place: PicklePlace, to key: inout [UInt8], level: Int
    ) throws(DecodeError.Why) {
        guard level < Self.keyLevels else { throw .bound(.nestingLevels, limit: Self.keyLevels) }
        func append(_ kind: Unicode.Scalar, _ bytes: some Sequence<UInt8>) {
            key.append(UInt8(ascii: kind))
            key.append(contentsOf: bytes)
        }
        try spend(1)
        switch self[place] {
        case .none: append("N", [])
        case .bool(let flag): append("i", String(flag ? 1 : 0).utf8)
        case .integer(let number): append("i", String(number).utf8)
        case .bigInteger(let digits): append("i", bytes(of: digits))
        case .float(let number): Self.append(number: number, at: place, to: &key)
        case .complex(let real, let imaginary):
            guard imaginary != 0 else { return Self.append(number: real, at: place, to: &key) }
            append("c", "\(real.bitPattern) \(imaginary.bitPattern)".utf8)
        case .text(let text): append("t", bytes(of: text))
        case .python2Text(let text): append(text.isASCII ? "t" : "b", bytes(of: text))
        case .bytes(let text): append("b", bytes(of: text))
        case .scalar(let kind, let text): append("s", CollectionOfOne(kind.rawValue) + Array(bytes(of: text)))
        case .datetimeInZone(let text, _): append("z", bytes(of: text))
        case .timedelta(let days, let seconds, let microseconds):
            append("d", "\(days) \(seconds) \(microseconds)".utf8)
        case .tuple(let parts):
            append("(", String(parts.count).utf8)
            for part in parts { try appendPart(part, to: &key, level: level + 1) }
        case .frozenSet(let table):
            append("f", String(table.keys.count).utf8)
            var parts: [[UInt8]] = []
            for element in table.keys {
                var part: [UInt8] = []
                try appendPart(element, to: &part, level: level + 1)
                parts.append(part)
            }
            for part in parts.sorted(by: { $0.lexicographicallyPrecedes($1) }) { key += part }
        case .timeZone, .classReference: append("o", String(place).utf8)
        case .object(let number):
            switch objects[number].kind {
            case .deque, .defaultDictionary: throw .unhashableKey
            default: append("o", String(place).utf8)
            }
        case .list, .dictionary, .orderedDictionary, .set, .byteArray: throw .unhashableKey
        }
    }

    /// A part with its length in front, so that no two sequences of parts have the same bytes.
    private mutating func appendPart(
        _ place: PicklePlace, to key: inout [UInt8], level: Int
    ) throws(DecodeError.Why) {
        var part: [UInt8] = []
        try appendCanonicalKey(of: place, to: &part, level: level)
        try spend(part.count / Self.bytesPerCredit)
        key.append(UInt8(ascii: ","))
        key.append(contentsOf: String(part.count).utf8)
        key.append(UInt8(ascii: ":"))
        key.append(contentsOf: part)
    }

    /// A number that is whole has the key of that integer; each NaN is equal to itself alone.
    private static func append(number: Double, at place: PicklePlace, to key: inout [UInt8]) {
        if let integer = Int64(exactly: number) {
            key += Array("i\(integer)".utf8)
        } else {
            key += Array((number.isNaN ? "n\(place)" : "f\(number.bitPattern)").utf8)
        }
    }
}
