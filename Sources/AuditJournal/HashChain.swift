import Crypto
import SessionModel

/// What ties each event to all before it: the SHA-256 of the stored bytes of the one before, in hexadecimal.
struct HashChain {
    /// Stands for all events so far; what the next one carries as `previoushash`.
    private(set) var head: String

    /// - Parameter source: the journal's `urn:uuid:…`, whose hash the first event carries.
    init(source: String) {
        head = Self.hash(source)
    }

    init(head: String) {
        self.head = head
    }

    mutating func append(_ body: [UInt8]) {
        head = Self.hash(body)
    }

    /// What the event behind a stored one carries: its hash, or where it was erased since, the hash of what stood there.
    static func link(of body: String) -> String {
        ErasedEvent(body)?.hash ?? hash(body)
    }

    static func hash(_ text: String) -> String {
        hash(Array(text.utf8))
    }

    static func hash(_ bytes: [UInt8]) -> String {
        hexadecimal(SHA256.hash(data: bytes))
    }

    /// 64 hexadecimal digits in lower case.
    static func hexadecimal(_ digest: SHA256.Digest) -> String {
        String(unsafeUninitializedCapacity: 64) { digits in
            var index = 0
            for byte in digest {
                for nibble in [byte >> 4, byte & 0xF] {
                    digits[index] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
                    index += 1
                }
            }
            return index
        }
    }
}
