/// A Django user's primary key as text: digits, a UUID or any string.
///
/// Compared by its bytes, since Django and its database do so too, where `String` would take canonically equivalent
/// texts for one user.
package struct UserID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }

    package static func == (left: UserID, right: UserID) -> Bool {
        left.withBytes { left in
            right.withBytes { right in left.count == right.count && left.elementsEqual(right) }
        }
    }

    /// All bytes at once, as ``SessionKey`` does it.
    package func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }

    private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        text.utf8.withContiguousStorageIfAvailable(body) ?? Array(text.utf8).withUnsafeBufferPointer(body)
    }
}
