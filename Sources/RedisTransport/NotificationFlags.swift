package import RESP

/// Redis's `notify-keyspace-events`, as flags.
///
/// Source: `keyspaceEventsStringToFlags` in Redis's `notify.c`: `A` stands for `g$lshzxetd` and leaves out `m` and `n`.
package struct NotificationFlags: Equatable {
    /// Keyspace channels; del, expire, rename and the like; strings; expired; evicted.
    package static let needed = "Kg$xe"
    private static let all = "g$lshzxetd"

    /// More flags than there are.
    private static let countMax = 64

    /// The name of the configuration parameter.
    package static let parameter = "notify-keyspace-events"

    /// As `CONFIG GET` gave it.
    package let text: String

    init(text: String) {
        self.text = text
    }

    /// Nil where `CONFIG GET` was refused, or what came are no flags: they are sent back, and told in the log.
    package init?(reply: RESPValue) {
        guard case .array(let pair) = reply, pair.count == 2, let text = pair[1].bytes, text.count <= Self.countMax,
            text.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = String(decoding: text, as: UTF8.self)
    }

    /// The needed flags that are not set.
    package var missing: String {
        let set = text.contains("A") ? text + Self.all : text
        return Self.needed.filter { !set.contains($0) }
    }

    /// What to set so that nothing is missing and nothing that is there is dropped.
    package var completed: String { text + missing }
}
