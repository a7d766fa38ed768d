/// What a peer of the socket may do.
package struct Rights: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Who is behind a session key.
    package static let identify = Rights(rawValue: 1 << 0)
    /// A session's data.
    package static let read = Rights(rawValue: 1 << 1)
    /// Which sessions there are.
    package static let list = Rights(rawValue: 1 << 2)
    /// Events and their history.
    package static let observe = Rights(rawValue: 1 << 3)
    /// End sessions.
    package static let revoke = Rights(rawValue: 1 << 4)

    /// Erase what the journal holds of a user.
    package static let erase = Rights(rawValue: 1 << 5)

    package static let all: Rights = [.identify, .read, .list, .observe, .revoke, .erase]

    private static let names: [(Rights, String)] = [
        (.identify, "identify"), (.read, "read"), (.list, "list"), (.observe, "observe"), (.revoke, "revoke"),
        (.erase, "erase"),
    ]

    /// The right of this name; nil where there is none.
    package init?(name: String) {
        guard let right = Self.names.first(where: { $0.1 == name })?.0 else { return nil }
        self = right
    }

    /// The names of the rights in this set, as they stand on the wire.
    package var names: [String] {
        Self.names.filter { contains($0.0) }.map(\.1)
    }
}
