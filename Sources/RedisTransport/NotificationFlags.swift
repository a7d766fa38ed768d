/// Redis's `notify-keyspace-events`, as flags.
///
/// Source: `keyspaceEventsStringToFlags` in Redis's `notify.c`: `A` stands for `g$lshzxetd` and leaves out `m` and `n`.
struct NotificationFlags: Equatable {
    /// Keyspace channels; del, expire, rename and the like; strings; expired; evicted.
    static let needed = "Kg$xe"
    private static let all = "g$lshzxetd"

    /// As `CONFIG GET` gave it.
    let text: String

    /// The needed flags that are not set.
    var missing: String {
        let set = text.contains("A") ? text + Self.all : text
        return Self.needed.filter { !set.contains($0) }
    }

    /// What to set so that nothing is missing and nothing that is there is dropped.
    var completed: String { text + missing }
}
