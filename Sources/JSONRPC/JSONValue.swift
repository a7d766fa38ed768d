/// A JSON value as it was written: numbers keep their text, members their order and their repetitions.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(JSONString)
    case array([JSONValue])
    case object([JSONMember])
}

/// One member of an object.
package struct JSONMember: Hashable, Sendable {
    /// The decoded name.
    package let name: JSONString
    /// The value.
    package let value: JSONValue

    /// A member of this name and value.
    package init(name: JSONString, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

/// A number as its text, which follows the grammar of RFC 8259.
package struct JSONNumber: Hashable, Sendable {
    /// The ASCII text, for instance `-1.5e3`.
    package let text: ArraySlice<UInt8>

    /// The value where it is an integer, also where it is written as `1.0` or `1e2`; nil beyond what an `Int` holds, or, where it
    /// is written with a fraction or an exponent, beyond ±(2^53−1).
    package var integer: Int? {
        let text = String(decoding: self.text, as: UTF8.self)
        if let integer = Int(text) {
            return integer
        }
        guard let double = Double(text), double.magnitude < 9_007_199_254_740_992 else {
            return nil
        }
        return Int(exactly: double)
    }
}

extension JSONNumber {
    /// Whether it is no integer, such as `1.5`.
    package var isFraction: Bool {
        guard let double = Double(String(decoding: text, as: UTF8.self)) else {
            return false
        }
        return double.isFinite && double != double.rounded()
    }
}

extension [JSONMember] {
    /// The first name that stands for a second time, or nil. Linear in the number of members.
    package var firstRepeatedName: JSONString? {
        if count <= 8 {
            for (index, member) in enumerated() where self[..<index].contains(where: { $0.name == member.name }) {
                return member.name
            }
            return nil
        }
        var seen = Set<JSONString>(minimumCapacity: count)
        return first { !seen.insert($0.name).inserted }?.name
    }
}
