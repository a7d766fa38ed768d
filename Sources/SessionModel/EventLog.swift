/// Where events can be read again and awaited; what the socket knows of the journal.
package protocol EventLog: Sendable {
    /// The newest event, or the position before the first one.
    var position: EventID { get }

    /// The events behind `start` that `filter` lets pass, oldest first.
    ///
    /// - Parameters:
    ///   - filter: `inout`, since following a session through its rotations adds keys to it.
    ///   - limit: how many events at most.
    /// - Throws: ``PositionLost`` where events behind `start` are no longer held.
    func read(
        from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) throws(PositionLost) -> EventBatch

    /// Calls `wake` on an unspecified thread after events have been added. Several additions may cost one call.
    func watch(_ wake: @escaping @Sendable () -> Void) -> EventWatch
    func unwatch(_ watch: EventWatch)
}

/// Where reading starts.
package enum EventStart: Sendable, Equatable {
    /// With the oldest event that is held.
    case oldest
    /// Behind this one.
    case after(EventID)
}

/// Events that a read found.
package struct EventBatch: Sendable {
    package var events: [RecordedEvent]
    /// Every matching event up to here is in `events` or before the start of the read.
    package var position: EventID
    /// More matching events lie behind ``position``.
    package var hasMore: Bool

    package init(events: [RecordedEvent], position: EventID, hasMore: Bool) {
        self.events = events
        self.position = position
        self.hasMore = hasMore
    }
}

/// An event and the text that is stored and sent of it.
package struct RecordedEvent: Sendable {
    package var event: SessionEvent
    /// CloudEvents JSON.
    package var json: [UInt8]

    package init(event: SessionEvent, json: [UInt8]) {
        self.event = event
        self.json = json
    }
}

/// The journal no longer holds what follows the position, or never held it.
package struct PositionLost: Error, Equatable {
    /// The oldest event that is held.
    package var oldest: EventID?

    package init(oldest: EventID?) {
        self.oldest = oldest
    }
}

/// Names one call of `watch`.
package struct EventWatch: Hashable, Sendable {
    package let number: Int

    package init(number: Int) {
        self.number = number
    }
}
