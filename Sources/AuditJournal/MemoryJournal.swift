package import SessionModel
import Synchronization

/// The journal in memory: a bounded number of events of one run of the daemon, gone when it ends.
///
/// Two rings hold them, so that the frequent `renewed` and `changed` cannot push out a logout.
package final class MemoryJournal: EventLog {
    /// How many events each ring holds by default.
    package static let capacityDefault = 100_000

    /// The CloudEvents `source` of all events: `urn:uuid:…`, another one for each run.
    package let source: String
    /// How many events of each of the two sorts are held.
    package let capacity: Int
    private let state: Mutex<State>

    private struct State {
        var audit: EventRing
        var activity: EventRing
        var position: EventID
        var watchers: [EventWatch: @Sendable () -> Void] = [:]
        var watchCount = 0
    }

    /// - Parameters:
    ///   - run: the run of the ids that will be appended.
    ///   - uuid: in the usual text form.
    package init(run: UInt64, uuid: String, capacity: Int = capacityDefault) {
        let source = "urn:uuid:\(uuid)"
        self.source = source
        self.capacity = capacity
        state = Mutex(
            State(
                audit: EventRing(source: source, capacity: capacity),
                activity: EventRing(source: source, capacity: capacity),
                position: EventID(run: run, sequence: 0)
            )
        )
    }

    package var position: EventID { state.withLock(\.position) }

    /// Figures for `server.status`.
    package var figures: (position: EventID, oldest: EventID?, count: Int) {
        state.withLock { state in
            (state.position, Self.oldest(in: state), state.audit.count + state.activity.count)
        }
    }

    /// Adds events, whose ids must be later than all before, and wakes those who watch.
    package func append(_ events: [SessionEvent]) {
        guard let last = events.last else { return }
        let watchers = state.withLock { state in
            for event in events {
                if EventType.activity.contains(event.type) {
                    state.activity.append(event)
                } else {
                    state.audit.append(event)
                }
            }
            state.position = last.id
            return Array(state.watchers.values)
        }
        for wake in watchers { wake() }
    }

    package func read(
        from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) throws(PositionLost) -> EventBatch {
        var working = filter
        let result: Result<EventBatch, PositionLost> = state.withLock { state in
            Self.read(&state, from: start, matching: &working, limit: limit)
        }
        filter = working
        return try result.get()
    }

    private static func read(
        _ state: inout State, from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) -> Result<EventBatch, PositionLost> {
        var cursor: EventID
        switch start {
        case .oldest:
            cursor = EventID(run: state.position.run, sequence: 0)
        case .after(let id):
            guard holdsAll(behind: id, for: filter, in: state) else {
                return .failure(PositionLost(oldest: oldestPosition(for: filter, in: state)))
            }
            cursor = id
        }
        var audit = state.audit.firstIndex(after: cursor)
        var activity = filter.wantsActivity ? state.activity.firstIndex(after: cursor) : state.activity.count
        // Whoever goes on with a session that has rotated since names it by the key that it had then.
        if filter.beginsToFollow() {
            for index in 0..<audit { state.audit.event(at: index).map { filter.follow($0) } }
        }
        var events: [RecordedEvent] = []
        // The two rings are merged by id.
        while true {
            let nextAudit = state.audit.event(at: audit)
            let nextActivity = state.activity.event(at: activity)
            let takesAudit = nextActivity.map { other in nextAudit.map { $0.id < other.id } ?? false } ?? true
            guard let event = takesAudit ? nextAudit : nextActivity else { break }
            if filter.admits(event) {
                guard events.count < limit else {
                    return .success(EventBatch(events: events, position: cursor, hasMore: true))
                }
                events.append(
                    takesAudit ? state.audit.recorded(at: audit) : state.activity.recorded(at: activity)
                )
            }
            cursor = event.id
            if takesAudit { audit += 1 } else { activity += 1 }
        }
        return .success(EventBatch(events: events, position: max(cursor, state.position), hasMore: false))
    }

    /// Whether nothing that the filter might let pass was dropped behind `id`, and `id` is of this journal.
    private static func holdsAll(behind id: EventID, for filter: EventFilter, in state: State) -> Bool {
        guard id.run == state.position.run, id <= state.position else { return false }
        if let dropped = state.audit.droppedThrough, id < dropped { return false }
        if filter.wantsActivity, let dropped = state.activity.droppedThrough, id < dropped { return false }
        return true
    }

    /// The oldest event behind which all is held that the filter might let pass.
    private static func oldestPosition(for filter: EventFilter, in state: State) -> EventID? {
        let rings = filter.wantsActivity ? [state.audit, state.activity] : [state.audit]
        let dropped = rings.compactMap(\.droppedThrough).max() ?? EventID(run: state.position.run, sequence: 0)
        return rings.compactMap { $0.event(at: $0.firstIndex(after: dropped))?.id }.min()
    }

    private static func oldest(in state: State) -> EventID? {
        [state.audit.oldest, state.activity.oldest].compactMap { $0 }.min()
    }

    package func watch(_ wake: @escaping @Sendable () -> Void) -> EventWatch {
        state.withLock { state in
            state.watchCount += 1
            let watch = EventWatch(number: state.watchCount)
            state.watchers[watch] = wake
            return watch
        }
    }

    package func unwatch(_ watch: EventWatch) {
        state.withLock { state in _ = state.watchers.removeValue(forKey: watch) }
    }
}
