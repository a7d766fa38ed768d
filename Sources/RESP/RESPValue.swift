/// One reply of a Redis server, copied out of hiredis.
package enum RESPValue: Sendable, Equatable {
    /// A bulk string: any bytes.
    case string([UInt8])
    /// A simple string such as `OK` or `PONG`.
    case status([UInt8])
    /// An error reply. Redis may repeat arguments in it, so it is shown to nobody unread.
    case error([UInt8])
    case integer(Int64)
    case array([RESPValue])
    case null

    /// The bytes of a bulk or simple string, else nil.
    package var bytes: [UInt8]? {
        switch self {
        case .string(let bytes), .status(let bytes): bytes
        default: nil
        }
    }

    /// The first word of an error reply (`NOAUTH`, `LOADING`, …), which says what kind it is.
    package var errorCode: String? {
        guard case .error(let bytes) = self else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    }

    /// Why the reader has an error in the place of a string: what it says as the error's code.
    package enum Omission: String, Sendable {
        /// The string is longer than ``ReplyBounds/stringBytes``.
        case tooLarge = "TOOLARGE"
        /// Its reply held too many long strings already; by itself it would be taken.
        case noRoom = "NOROOM"
    }

    /// Set where a string was there and not taken.
    package var omission: Omission? { errorCode.flatMap(Omission.init) }
}
