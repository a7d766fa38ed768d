/// Django's base 62 (`b62_decode` in django/core/signing.py): digits, capitals, small letters, and `-` in front.
enum Base62 {
    /// The number, or nil where it does not fit into 64 bits.
    static func decode(_ text: ArraySlice<UInt8>) throws(DecodeError.Why) -> Int64? {
        guard let first = text.first else { throw .badTimestamp }
        let isNegative = first == UInt8(ascii: "-")
        var magnitude: Int64? = 0
        for character in isNegative ? text.dropFirst() : text {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A") + 10
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a") + 36
            default: throw .badTimestamp
            }
            magnitude = magnitude.flatMap { appending(digit, to: $0) }
        }
        return magnitude.map { isNegative ? -$0 : $0 }
    }

    private static func appending(_ digit: UInt8, to number: Int64) -> Int64? {
        let (product, overflow) = number.multipliedReportingOverflow(by: 62)
        let (sum, carry) = product.addingReportingOverflow(Int64(digit))
        return overflow || carry ? nil : sum
    }
}
