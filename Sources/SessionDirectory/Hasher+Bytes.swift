/// Digests of bytes, all at once: an array's own hash takes them one by one.
extension Hasher {
    /// Their number counts, too, so that what follows is not taken for more of them.
    mutating func combine(all bytes: ArraySlice<UInt8>) {
        combine(bytes.count)
        bytes.withUnsafeBytes { combine(bytes: $0) }
    }

    /// Equal for equal bytes; good for this process only.
    static func digest(of bytes: [UInt8]) -> Int {
        var hasher = Hasher()
        hasher.combine(all: bytes[...])
        return hasher.finalize()
    }
}
