/// What a keyspace notification says of its key, reduced to what the cache must do.
package enum KeyspaceEvent: Sendable, Equatable {
    /// The key may hold something else than before, or expire at another time: read it again.
    case written
    /// The key is gone.
    case removed(LogoutReason)

    /// Reads the payload of a message on a `__keyspace@…__:` channel.
    ///
    /// Whatever is not known to remove the key counts as a write, which at worst costs a fetch.
    package init(_ name: some Collection<UInt8>) {
        switch String(decoding: name, as: UTF8.self) {
        case "del", "rename_from", "move_from": self = .removed(.deleted)
        case "expired": self = .removed(.expired)
        case "evicted": self = .removed(.evicted)
        default: self = .written
        }
    }
}
