package import SessionModel
import Synchronization

/// The journal in memory: a bounded number of events of one run of the daemon, gone when it ends.
///
/// Two rings hold them, so that the frequent `renewed` and `changed` cannot push out a logout.
package final class MemoryJournal: Journal {
    /// How many events each ring holds by default.
    package static let capacityDefault = 100_000

    /// How many events of each of the two sorts are held.
    package let capacity: Int
    private let state: Mutex<State>

    private struct State {
        var audit: EventRing
        var activity: EventRing
        var position: EventID
        var watchers: [EventWatch: @Sendable () -> Void] = [:]
        var watchCount = 0
        /// The CloudEvents `source` of all events.
        var source: String

        init(run: UInt64, source: String, capacity: Int) {
            self.source = source
            audit = EventRing(source: source, capacity: capacity)
            activity = EventRing(source: source, capacity: capacity)
            position = EventID(run: run, sequence: 0)
        }
    }

    /// - Parameters:
    ///   - run: the run of the ids that will be appended.
    ///   - uuid: in the usual text form.
    package init(run: UInt64, uuid: String, capacity: Int = capacityDefault) {
        self.capacity = capacity
        state = Mutex(State(run: run, source: "urn:uuid:\(uuid)", capacity: capacity))
    }

    /// Forgets everything and goes on as another journal; those who watch are kept, and woken.
    func restart(run: UInt64, uuid: String) {
        state.withLock { state in
            let (watchers, count) = (state.watchers, state.watchCount)
            state = State(run: run, source: "urn:uuid:\(uuid)", capacity: capacity)
            (state.watchers, state.watchCount) = (watchers, count)
        }
        wake()
    }

    /// Forgets the events that a file holds, too; whoever wants them reads them there.
    func dropAll() {
        state.withLock { state in
            state.audit.dropAll(through: state.position)
            state.activity.dropAll(through: state.position)
        }
    }

    /// `urn:uuid:…`, another one for each run.
    package var source: String { state.withLock(\.source) }

    package var position: EventID { state.withLock(\.position) }

    /// Nothing keeps events from being recorded here.
    package var interruption: JournalInterruption? { nil }

    package var hasRoom: Bool { true }

    package var figures: JournalFigures {
        state.withLock { state in
            JournalFigures(
                kind: "memory", source: state.source, position: state.position, oldest: Self.oldest(in: state),
                eventCount: state.audit.count + state.activity.count, eventCountMax: capacity
            )
        }
    }

    package func append(_ events: [SessionEvent], completion: (@Sendable (Int?) -> Void)?) {
        let erasedCount = append(events, texts: [])
        completion?(erasedCount)
    }

    /// Adds events, whose ids must be later than all before, and wakes those who watch.
    ///
    /// - Parameter texts: of events that are rendered already, in their order.
    /// - Returns: how many events they erased.
    @discardableResult
    func append(_ events: [SessionEvent], texts: [RecordedEvent]) -> Int {
        guard let last = events.last else { return 0 }
        var erasedCount = 0
        state.withLock { state in
            var texts = texts[...]
            for event in events.map({ Self.carryOut($0, in: &state) }) {
                if case .forgotten(let forgetting) = event.kind { erasedCount += forgetting.eventCount }
                let json = texts.first?.id == event.id ? texts.removeFirst().json : nil
                if EventType.activity.contains(event.type) {
                    state.activity.append(event, json: json)
                } else {
                    state.audit.append(event, json: json)
                }
            }
            state.position = last.id
        }
        wake()
        return erasedCount
    }

    /// An event as it is recorded: one that erases others has done so.
    private static func carryOut(_ event: SessionEvent, in state: inout State) -> SessionEvent {
        guard case .forgotten(var forgetting) = event.kind else { return event }
        _ = state.activity.forget(forgetting.userID)
        forgetting.eventCount = state.audit.forget(forgetting.userID)
        var event = event
        event.kind = .forgotten(forgetting)
        return event
    }

    /// Calls those who watch.
    func wake() {
        for wake in state.withLock({ Array($0.watchers.values) }) { wake() }
    }

    package func check(_ start: EventStart, for filter: EventFilter) throws(PositionLost) {
        guard case .after(let id) = start else { return }
        let lost = state.withLock { state in
            holdsAll(behind: id, activity: filter.wantsActivity, in: state)
                ? nil : PositionLost(oldest: Self.oldestPosition(for: filter, in: state))
        }
        if let lost { throw lost }
    }

    package func recent(
        from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) throws(PositionLost) -> EventBatch? {
        try read(from: start, matching: &filter, limit: limit, offeredMax: Self.offeredMax)
    }

    /// How many events one read of the recent ones looks at: others wait for the lock.
    private static var offeredMax: Int { 1024 }

    package func recent(after id: EventID, activity: Bool, offer: (SessionEvent) -> EventOffer) -> EventBatch? {
        state.withLock { state in
            guard holdsAll(behind: id, activity: activity, in: state) else { return nil }
            return walk(&state, from: id, activity: activity, offer)
        }
    }

    package func read(
        from start: EventStart, matching filter: EventFilter, limit: Int,
        completion: @escaping @Sendable (Result<(EventBatch, EventFilter), EventReadError>) -> Void
    ) {
        var filter = filter
        do throws(PositionLost) {
            let batch = try read(from: start, matching: &filter, limit: limit)
            completion(.success((batch, filter)))
        } catch {
            completion(.failure(.positionLost(error)))
        }
    }

    package func read(
        from start: EventStart, matching filter: inout EventFilter, limit: Int, offeredMax: Int = .max
    ) throws(PositionLost) -> EventBatch {
        var working = filter
        let result: Result<EventBatch, PositionLost> = state.withLock { state in
            read(&state, from: start, matching: &working, limit: limit, offeredMax: offeredMax)
        }
        filter = working
        return try result.get()
    }

    private func read(
        _ state: inout State, from start: EventStart, matching filter: inout EventFilter, limit: Int, offeredMax: Int
    ) -> Result<EventBatch, PositionLost> {
        let activity = filter.wantsActivity
        let position: EventID
        switch start {
        case .oldest:
            position = EventID(run: state.position.run, sequence: 0)
        case .after(let id):
            guard holdsAll(behind: id, activity: activity, in: state) else {
                return .failure(PositionLost(oldest: Self.oldestPosition(for: filter, in: state)))
            }
            position = id
        }
        // Whoever goes on with a session that has rotated since names it by the key that it had then.
        if filter.beginsToFollow() {
            for event in state.audit.rotations.prefix(while: { $0.id <= position }) { filter.follow(event) }
        }
        let ended = filter.openAt.map { time in state.audit.endedLogins(by: time) } ?? []
        var (takenCount, offeredCount) = (0, 0)
        let batch = walk(&state, from: position, activity: activity) { event in
            guard offeredCount < offeredMax else { return .refused }
            offeredCount += 1
            guard filter.admits(event), !ended.contains(event.id) else { return .passed }
            guard takenCount < limit else { return .refused }
            takenCount += 1
            return .taken
        }
        return .success(batch)
    }

    /// Offers the events behind a position: the two rings are merged by id.
    private func walk(
        _ state: inout State, from position: EventID, activity wantsActivity: Bool,
        _ offer: (SessionEvent) -> EventOffer
    ) -> EventBatch {
        var cursor = position
        var audit = state.audit.firstIndex(after: cursor)
        var activity = wantsActivity ? state.activity.firstIndex(after: cursor) : state.activity.count
        var events: [RecordedEvent] = []
        while true {
            let nextAudit = state.audit.event(at: audit)
            let nextActivity = state.activity.event(at: activity)
            let takesAudit = nextActivity.map { other in nextAudit.map { $0.id < other.id } ?? false } ?? true
            guard let event = takesAudit ? nextAudit : nextActivity else { break }
            switch offer(event) {
            case .passed: break
            case .taken:
                events.append(takesAudit ? state.audit.recorded(at: audit) : state.activity.recorded(at: activity))
            case .refused: return EventBatch(events: events, position: cursor, hasMore: true)
            }
            cursor = event.id
            if takesAudit { audit += 1 } else { activity += 1 }
        }
        return EventBatch(events: events, position: max(cursor, state.position), hasMore: false)
    }

    /// Whether no event of these types was dropped behind `id`, and `id` is of this journal.
    private func holdsAll(behind id: EventID, activity: Bool, in state: State) -> Bool {
        guard id.run == state.position.run, id <= state.position else { return false }
        if let dropped = state.audit.droppedThrough, id < dropped { return false }
        if activity, let dropped = state.activity.droppedThrough, id < dropped { return false }
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
