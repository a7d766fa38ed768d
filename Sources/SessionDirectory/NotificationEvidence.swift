import SessionModel

/// Whether Redis announces changes at all: read from its configuration or, where that is forbidden, seen.
///
/// Every save of a session makes a `set` and an `expire`. Who has heard one of each knows that the flags `K`, `$` and
/// `g` are set: the ones without which a logout would go unheard. (Expiry is watched by the daemon's own deadlines.)
struct NotificationEvidence {
    private(set) var assurance: NotificationAssurance
    private var hasSeenString = false
    private var hasSeenGeneric = false

    init(assurance: NotificationAssurance = .unverified) {
        self.assurance = assurance
    }

    /// A notification with this event name was heard.
    ///
    /// Flags that are known to be missing stay so: hearing some says nothing of the others.
    ///
    /// - Returns: Whether this makes the evidence complete.
    mutating func isCompleted(by name: [UInt8]) -> Bool {
        guard assurance == .unverified else { return false }
        switch String(decoding: name, as: UTF8.self) {
        case "set": hasSeenString = true
        case "expire", "del": hasSeenGeneric = true
        default: break
        }
        guard hasSeenString, hasSeenGeneric else { return false }
        assurance = .verified
        return true
    }
}
