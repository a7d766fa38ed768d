/// What is kept of Django's `_auth_user_hash`, which changes with the password: enough to tell two of them apart.
///
/// One in 16 million pairs of one length that differ is taken for equal; an old session is then not marked as superseded.
struct PasswordMark: Equatable, Sendable {
    /// The length in the low byte, the rest a digest that is good for this process only.
    private let bits: UInt32

    /// Of a session without such a hash.
    static let none = PasswordMark(bits: 0)

    private init(bits: UInt32) {
        self.bits = bits
    }

    init(_ hash: [UInt8]) {
        bits =
            hash.isEmpty ? 0 : UInt32(truncatingIfNeeded: Hasher.digest(of: hash)) << 8 | UInt32(min(hash.count, 255))
    }

    /// Whether both were made in the same manner, as far as their lengths tell.
    func isAsLong(as other: PasswordMark) -> Bool { bits & 0xFF == other.bits & 0xFF }
}
