/// The format's extension type -1, a point in time, in any of its three sizes (the specification's section "Timestamp
/// extension type").
struct MessagePackTimestamp {
    /// The code of the extension type.
    static let code: Int8 = -1

    /// Since 1970, UTC.
    let seconds: Int64
    /// Less than 1,000,000,000.
    let nanoseconds: UInt32

    /// Nil for another size, or for nanoseconds that make a second.
    init?(_ data: ArraySlice<UInt8>) {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch data.count {
        case 4:
            seconds = Int64(number(data))
            nanoseconds = 0
        case 8:
            seconds = Int64(number(data) & (1 << 34 - 1))
            nanoseconds = UInt32(number(data) >> 34)
        case 12:
            seconds = Int64(bitPattern: number(data.suffix(8)))
            nanoseconds = UInt32(number(data.prefix(4)))
        default: return nil
        }
        guard nanoseconds < 1_000_000_000 else { return nil }
    }
}
