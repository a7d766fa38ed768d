/// Which events a subscriber wants; all conditions must hold.
package struct EventFilter: Sendable {
    /// Nil: all but the frequent types of ``EventType/activity``.
    package var types: Set<EventType>?
    package var userID: UserID?
    /// These sessions and, as a read goes on, those that they rotate into.
    package var sessions: Set<Fingerprint>?
    /// Milliseconds since 1970, inclusive.
    package var since: Int64?
    /// Milliseconds since 1970, exclusive.
    package var until: Int64?
    /// Only logins that were open at this time: begun until then, and not ended until then. Milliseconds since 1970.
    package var openAt: Int64?
    private var isFollowing = false

    package init(types: Set<EventType>? = nil, userID: UserID? = nil, session: Fingerprint? = nil) {
        self.types = types
        self.userID = userID
        sessions = session.map { [$0] }
    }

    /// Whether events of the frequent types may pass.
    package var wantsActivity: Bool {
        types.map { !$0.isDisjoint(with: EventType.activity) } ?? false
    }

    /// Whether the event passes. Events must be offered in their order.
    package mutating func admits(_ event: SessionEvent) -> Bool {
        follow(event)
        if let types, !types.contains(event.type) { return false }
        if types == nil, EventType.activity.contains(event.type) { return false }
        if let openAt, event.type != .login || event.time > openAt { return false }
        if let since, event.time < since { return false }
        if let until, event.time >= until { return false }
        // A gap concerns everybody: only `types` can keep link events away.
        if event.type == .link { return true }
        if let userID, event.userID != userID { return false }
        guard let sessions else { return true }
        return event.subject.map(sessions.contains) ?? false
    }

    /// Whether a first read begins that has to offer the events before its start to ``follow(_:)``; true only once.
    package mutating func beginsToFollow() -> Bool {
        guard isYetToFollow else { return false }
        isFollowing = true
        return true
    }

    /// Whether ``beginsToFollow()`` would be true.
    package var isYetToFollow: Bool { sessions != nil && !isFollowing }

    /// Takes up the new key of a followed session, where the event gives it one.
    package mutating func follow(_ event: SessionEvent) {
        guard let sessions, case .login(_, _, _, .rotated(let previous)) = event.kind, sessions.contains(previous),
            let subject = event.subject
        else { return }
        self.sessions?.insert(subject)
    }
}
