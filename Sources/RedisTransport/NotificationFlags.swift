import RESP

/// Redis's `notify-keyspace-events`, as flags.
///
/// Source: `keyspaceEventsStringToFlags` in Redis's `notify.c`: `A` stands for `g$lshzxetd` and leaves out `m` and `n`.
struct NotificationFlags: Equatable {
    /// Keyspace channels; del, expire, rename and the like; strings; expired; evicted.
    static let needed = "Kg$xe"
    private static let all = "g$lshzxetd"

    /// The name of the configuration parameter.
    static let parameter = "notify-keyspace-events"

    /// As `CONFIG GET` gave it.
    let text: String

    init(text: String) {
        self.text = text
    }

    /// Nil where `CONFIG GET` was refused.
    init?(reply: RESPValue) {
        guard case .array(let pair) = reply, pair.count == 2, let text = pair[1].bytes else { return nil }
        self.text = String(decoding: text, as: UTF8.self)
    }

    /// The needed flags that are not set.
    var missing: String {
        let set = text.contains("A") ? text + Self.all : text
        return Self.needed.filter { !set.contains($0) }
    }

    /// What to set so that nothing is missing and nothing that is there is dropped.
    var completed: String { text + missing }
}
