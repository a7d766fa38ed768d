/// The name of a session, as Django's `sessionid` cookie carries it: a bearer credential.
///
/// Any text of 1 to 512 bytes of UTF-8, since `redis_sessions` adopts keys that clients invent. Keys are compared by
/// their bytes: `String` would take "é" and "e" with a combining accent for one key. Neither the description nor
/// reflection shows the key; logs and events use its ``Fingerprint``.
package struct SessionKey: Hashable, Sendable {
    /// The longest key that is a session's, in bytes of UTF-8.
    package static let byteCountMax = 512

    /// The key's UTF-8.
    package let bytes: [UInt8]

    /// Nil where the bytes are no session key: empty, too long, or no UTF-8.
    package init?(_ bytes: some Collection<UInt8>) {
        guard (1...Self.byteCountMax).contains(bytes.count), String(validating: bytes, as: UTF8.self) != nil else {
            return nil
        }
        self.bytes = Array(bytes)
    }

    /// All bytes at once: one by one, hashing keys was a tenth of the work at 10,000 writes a second.
    package func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// Nil where the text is empty or longer than ``byteCountMax`` bytes.
    package init?(_ text: String) {
        self.init(text.utf8)
    }
}

extension SessionKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "session \(Fingerprint(of: self))" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
