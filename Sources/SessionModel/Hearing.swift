/// How the daemon hears that a session changed, and what is known of that.
package struct Hearing: Sendable, Equatable {
    /// What is known of Redis's keyspace notifications.
    package var notifications: NotificationAssurance
    /// Whether Redis names every changed key, and tells of a flush, by CLIENT TRACKING.
    package var isTracking: Bool

    package init(_ notifications: NotificationAssurance, isTracking: Bool = false) {
        self.notifications = notifications
        self.isTracking = isTracking
    }

    /// By what the cache is believed.
    package var source: InvalidationSource {
        if notifications == .verified { return .keyspace }
        return isTracking ? .tracking : .none
    }
}

/// What is known of Redis's `notify-keyspace-events`.
package enum NotificationAssurance: String, Sendable {
    /// All flags that are needed are set.
    case verified
    /// It could not be read (CONFIG is forbidden): believed once notifications have been seen.
    case unverified
    /// Flags are missing and were not added.
    case missing
    /// Nobody listens to them (`--invalidation tracking`).
    case unused
}

/// What tells of every change, so that the cache may be believed.
package enum InvalidationSource: String, Sendable {
    /// Keyspace notifications: which key, and what happened to it.
    case keyspace
    /// CLIENT TRACKING: which key, not what happened to it.
    case tracking
    /// Nothing: every lookup asks Redis.
    case none
}
