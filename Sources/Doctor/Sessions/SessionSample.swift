import SessionModel

/// Keys under the pattern, with what they hold.
struct SessionSample {
    struct Entry {
        let key: SessionKey
        let value: StoredValue
    }

    var entries: [Entry] = []
    /// Keys under the pattern that no session can have.
    var foreignCount = 0
    /// Whether all keys of the database were looked at.
    var isComplete = false

    /// How far was looked.
    var extent: String { isComplete ? "all of them" : "a sample: the first that a scan came across" }
}
