/// A number as the key of a Python dict, where `1`, `1.0` and `True` are the same key.
enum PythonNumber: Hashable {
    /// Also a float that is integral, as far as MessagePack's integers reach.
    case integer(magnitude: UInt64, isNegative: Bool)
    case float(Double)

    /// Nil where `token` is no number, and for NaN, which is the same as nothing.
    init?(_ token: MessagePackToken) {
        switch token {
        case .bool(let value):
            self = .integer(magnitude: value ? 1 : 0, isNegative: false)
        case .integer(let magnitude, let isNegative):
            self = .integer(magnitude: magnitude, isNegative: isNegative)
        case .float(let value) where !value.isNaN:
            self =
                if let magnitude = UInt64(exactly: value.magnitude) {
                    .integer(magnitude: magnitude, isNegative: value < 0)
                } else {
                    .float(value)
                }
        default:
            return nil
        }
    }
}
