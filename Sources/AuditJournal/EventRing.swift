import DequeModule
import SessionModel

/// A bounded run of events in the order of their ids; when it is full, the oldest one goes.
struct EventRing {
    /// The journal's `urn:uuid:…`, for rendering.
    private let source: String
    private let capacity: Int
    private var entries: Deque<Entry> = []
    /// The newest event that had to go.
    private(set) var droppedThrough: EventID?
    /// Those among the events that give a session another key; few, and looked through by everybody who follows a session.
    private(set) var rotations: Deque<SessionEvent> = []

    private struct Entry {
        var event: SessionEvent
        /// Rendered when it is first read: many events are never read.
        var json: [UInt8]?
    }

    /// - Parameters:
    ///   - source: the journal's `urn:uuid:…`, for rendering.
    ///   - capacity: how many events are held at most.
    init(source: String, capacity: Int) {
        self.source = source
        self.capacity = capacity
    }

    var count: Int { entries.count }
    var oldest: EventID? { entries.first?.event.id }

    /// - Parameter json: the event's text, where it is rendered already.
    mutating func append(_ event: SessionEvent, json: [UInt8]? = nil) {
        entries.append(Entry(event: event, json: json))
        if case .login(_, _, _, .rotated) = event.kind { rotations.append(event) }
        guard entries.count > capacity, let dropped = entries.popFirst()?.event.id else { return }
        droppedThrough = dropped
        if rotations.first?.id == dropped { rotations.removeFirst() }
    }

    /// Removes everything up to a position.
    mutating func dropAll(through position: EventID) {
        entries.removeAll()
        rotations.removeAll()
        droppedThrough = position
    }

    /// Removes a user's events.
    ///
    /// - Returns: how many there were.
    mutating func forget(_ userID: UserID) -> Int {
        let count = entries.count
        entries.removeAll { $0.event.userID == userID }
        rotations.removeAll { $0.userID == userID }
        return count - entries.count
    }

    /// The index of the first event behind `id`.
    func firstIndex(after id: EventID) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].event.id <= id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func event(at index: Int) -> SessionEvent? {
        index < entries.count ? entries[index].event : nil
    }

    /// The logins whose logout occurred until a time, in milliseconds since 1970.
    func endedLogins(by time: Int64) -> Set<EventID> {
        var ended: Set<EventID> = []
        for entry in entries where entry.event.time <= time {
            if case .logout(_, _, let loginID, _) = entry.event.kind { ended.insert(loginID) }
        }
        return ended
    }

    mutating func recorded(at index: Int) -> RecordedEvent {
        let event = entries[index].event
        if let json = entries[index].json { return RecordedEvent(id: event.id, json: json) }
        let json = event.cloudEvent(source: source)
        entries[index].json = json
        return RecordedEvent(id: event.id, json: json)
    }
}
