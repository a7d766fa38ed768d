/// `repr` of a Python float.
enum PythonFloat {
    /// The shortest decimal that gives `value` again, in the form of `float.__repr__`: an exponent of at least two digits
    /// below 1e-4 and from 1e16 on, otherwise a point with a digit on either side (Python/pystrtod.c, format code `r`).
    static func repr(_ value: Double) -> [UInt8] {
        guard value.isFinite else {
            return Array((value.isNaN ? "nan" : value < 0 ? "-inf" : "inf").utf8)
        }
        let (digits, pointPosition) = shortestDigits(value.magnitude)
        var text: [UInt8] = value.sign == .minus ? [UInt8(ascii: "-")] : []
        if value != 0, !(-3...16).contains(pointPosition) {
            text += digits.prefix(1)
            if digits.count > 1 { text += [point] + digits.dropFirst() }
            let exponent = pointPosition - 1
            text += [UInt8(ascii: "e"), UInt8(ascii: exponent < 0 ? "-" : "+")]
            if exponent.magnitude < 10 { text.append(zero) }
            text += Array(String(exponent.magnitude).utf8)
        } else if pointPosition <= 0 {
            text += [zero, point] + zeros(-pointPosition) + digits
        } else if pointPosition >= digits.count {
            text += digits + zeros(pointPosition - digits.count) + [point, zero]
        } else {
            text += digits.prefix(pointPosition) + [point] + digits.dropFirst(pointPosition)
        }
        return text
    }

    /// The digits without zeros at either end, and how many of them stand before the point (which may be negative).
    ///
    /// The standard library's description has the same shortest digits, in another form.
    private static func shortestDigits(_ value: Double) -> (digits: [UInt8], pointPosition: Int) {
        guard value != 0 else { return ([zero], 1) }
        let parts = value.description.utf8.split(separator: UInt8(ascii: "e"))
        let mantissa = parts.first.map(Array.init) ?? []
        let exponent = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 : 0
        let whole = mantissa.prefix { $0 != point }
        let all = whole + mantissa.dropFirst(whole.count + 1)
        let leading = all.prefix { $0 == zero }.count
        let trailing = all.reversed().prefix { $0 == zero }.count
        return (Array(all[leading..<(all.count - trailing)]), whole.count + exponent - leading)
    }

    private static func zeros(_ count: Int) -> [UInt8] {
        [UInt8](repeating: zero, count: count)
    }

    private static let zero = UInt8(ascii: "0")
    private static let point = UInt8(ascii: ".")
}
