/// Which versions of msgpack-python read what was seen of a payload. One that none of them reads whole is refused, also
/// where each of its parts has its reader.
struct MessagePackDialects: OptionSet {
    let rawValue: UInt8

    /// Any key that Python can hash, and on Python 2.7 surrogates; no timestamps.
    static let beforeVersion1 = MessagePackDialects(rawValue: 1)
    /// Timestamps; no keys but text and bytes, no surrogates.
    static let sinceVersion1 = MessagePackDialects(rawValue: 2)

    static let all: MessagePackDialects = [beforeVersion1, sinceVersion1]
}
