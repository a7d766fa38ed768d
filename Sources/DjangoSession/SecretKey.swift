import Crypto

/// A Django SECRET_KEY, or one of its SECRET_KEY_FALLBACKS: the bytes that Django hashes (a `str` in UTF-8).
///
/// The bytes leave this type only towards a hash. They are in no description and no reflection.
package struct SecretKey: Sendable, Equatable {
    private let bytes: SymmetricKey

    /// A key from its exact bytes, which are not stripped.
    package init(_ bytes: [UInt8]) {
        self.bytes = SymmetricKey(data: bytes)
    }

    /// The keys in a key file: one a line, the first is SECRET_KEY, the others are the fallbacks in their order.
    ///
    /// Lines end at LF; one CR before it is dropped. Spaces belong to the key. An empty line is never a key: Django would
    /// accept a signature that anybody can make.
    package static func lines(of file: [UInt8]) -> [SecretKey] {
        file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).compactMap { line in
            let key = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return key.isEmpty ? nil : SecretKey(Array(key))
        }
    }

    /// `H(salt + secret)`, the derived key of Django's `salted_hmac` (django/utils/crypto.py).
    func derived<H: HashFunction>(salt: String, by hash: H.Type) -> SymmetricKey {
        var hasher = H()
        hasher.update(data: Array(salt.utf8))
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return SymmetricKey(data: hasher.finalize())
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SecretKey(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
