import Crypto

/// What stands for a session wherever its key must not: the first 16 bytes of SHA-256 of the key's bytes.
package struct Fingerprint: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// Of no session.
    package static let none = Fingerprint(high: 0, low: 0)

    private init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
    }

    package init(of key: SessionKey) {
        (high, low) = SHA256.hash(data: key.bytes).withUnsafeBytes(Self.words)
    }

    /// From its 16 bytes, as a journal stores them; nil for any other number of bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        let words = bytes.withContiguousStorageIfAvailable { Self.words(UnsafeRawBufferPointer($0)) }
        (high, low) = words ?? Array(bytes).withUnsafeBytes(Self.words)
    }

    private static func words(_ bytes: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64) {
        (
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// Its 16 bytes.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
    }

    /// Reads 32 hexadecimal digits in lower case, as they are written on the wire; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let digits = text.utf8
        guard digits.count == 32,
            let high = UInt64(lowercaseHex: digits.prefix(16)),
            let low = UInt64(lowercaseHex: digits.dropFirst(16))
        else { return nil }
        (self.high, self.low) = (high, low)
    }
}

extension Fingerprint: CustomStringConvertible {
    /// 32 hexadecimal digits in lower case.
    package var description: String { high.fixedWidthHex + low.fixedWidthHex }

    /// Writes the 32 digits.
    ///
    /// - Returns: how many bytes that are.
    @inline(__always)
    package func write(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = high.writeHex(to: buffer)
        return count + low.writeHex(to: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
    }
}
