/// Where events can be read again and awaited; what the socket knows of the journal.
package protocol EventLog: Sendable {
    /// The newest event that can be read, or the position before the first one.
    var position: EventID { get }

    /// Why no events are recorded at present; nil while they are.
    var interruption: JournalInterruption? { get }

    /// Whether all events behind a position are held that the filter may let pass.
    func check(_ start: EventStart, for filter: EventFilter) throws(PositionLost)

    /// The events behind `start` that `filter` lets pass, oldest first, from memory.
    ///
    /// - Parameters:
    ///   - filter: `inout`, since following a session through its rotations adds keys to it.
    ///   - limit: how many events at most.
    /// - Returns: nil where memory does not reach back that far: then ``read(from:matching:limit:completion:)`` does. A batch can
    ///   have fewer events, and more behind it, where many did not pass.
    /// - Throws: ``PositionLost`` where events behind `start` are no longer held.
    func recent(
        from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) throws(PositionLost) -> EventBatch?

    /// Offers the events behind a position, oldest first, from memory: for several filters that have come equally far.
    ///
    /// - Parameters:
    ///   - activity: whether the frequent types of ``EventType/activity`` are offered, too.
    ///   - offer: says what becomes of each. It must not call the log.
    /// - Returns: the events that were taken; nil where memory does not reach back that far.
    func recent(after id: EventID, activity: Bool, offer: (SessionEvent) -> EventOffer) -> EventBatch?

    /// The same as ``recent(from:matching:limit:)``, from wherever the events are.
    ///
    /// - Parameter completion: called once, on any thread, with the events and the filter as it then is.
    func read(
        from start: EventStart, matching filter: EventFilter, limit: Int,
        completion: @escaping @Sendable (Result<(EventBatch, EventFilter), EventReadError>) -> Void
    )

    /// Calls `wake` on an unspecified thread after events have been added, and when recording is interrupted or goes on.
    /// Several additions may cost one call.
    func watch(_ wake: @escaping @Sendable () -> Void) -> EventWatch
    func unwatch(_ watch: EventWatch)
}

/// Where events go.
package protocol Journal: EventLog {
    /// Adds events, whose ids are later than all before. Those of one call are recorded together or not at all.
    ///
    /// - Parameter completion: called once, on any thread: when they are recorded, with how many events they erased; with
    ///   nil where they are not recorded.
    func append(_ events: [SessionEvent], completion: (@Sendable (Int?) -> Void)?)

    /// Whether more events than usual can be added now.
    var hasRoom: Bool { get }

    var figures: JournalFigures { get }
}

extension Journal {
    package func append(_ events: [SessionEvent]) { append(events, completion: nil) }
}

/// A journal's figures for `server.status`.
package struct JournalFigures: Sendable {
    /// `memory` or `disk`.
    package var kind: String
    /// The CloudEvents `source`.
    package var source: String
    package var position: EventID
    package var oldest: EventID?
    package var eventCount: Int
    /// How many events are held at most; nil where there is no such bound.
    package var eventCountMax: Int?
    /// Events that wait to be written.
    package var waitingCount = 0
    /// The size of its files; nil for a journal in memory.
    package var bytes: Int?
    package var bytesMax: Int?
    package var interruption: JournalInterruption?

    package init(
        kind: String, source: String, position: EventID, oldest: EventID?, eventCount: Int, eventCountMax: Int?
    ) {
        self.kind = kind
        self.source = source
        self.position = position
        self.oldest = oldest
        self.eventCount = eventCount
        self.eventCountMax = eventCountMax
    }
}

/// Events are not recorded.
package struct JournalInterruption: Sendable, Equatable {
    /// Milliseconds since 1970.
    package var since: Int64
    /// A sentence that says what to do.
    package var cause: String

    package init(since: Int64, cause: String) {
        self.since = since
        self.cause = cause
    }
}

/// Where reading starts.
package enum EventStart: Sendable, Equatable {
    /// With the oldest event that is held.
    case oldest
    /// Behind this one.
    case after(EventID)
}

/// What becomes of an event that is offered.
package enum EventOffer {
    /// Nobody wants it.
    case passed
    case taken
    /// Neither it nor those behind it are wanted now.
    case refused
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

/// The text that is stored and sent of an event.
package struct RecordedEvent: Sendable {
    package var id: EventID
    /// CloudEvents JSON.
    package var json: [UInt8]

    package init(id: EventID, json: [UInt8]) {
        self.id = id
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

/// Why events could not be read.
package enum EventReadError: Error, Equatable {
    case positionLost(PositionLost)
    /// The journal cannot be read; a sentence that says why.
    case unreadable(String)
}

/// Names one call of `watch`.
package struct EventWatch: Hashable, Sendable {
    package let number: Int

    package init(number: Int) {
        self.number = number
    }
}
