import SessionModel
import Synchronization

@testable import SocketService

/// Answers lookups as a test says: keys that begin with `known` from memory, others when ``release()`` is called.
final class FakeLookup: SessionLookup {
    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let holdsLists: Bool

    /// - Parameter holdsLists: lists wait for ``release()``, too.
    init(holdsLists: Bool = false) {
        self.holdsLists = holdsLists
    }

    static func answer(_ key: SessionKey) -> SessionAnswer {
        SessionAnswer(
            .authenticated(
                AuthenticatedSession(userID: UserID("1"), backend: "b", session: Fingerprint(of: key), expiresAt: nil)
            ),
            data: SessionData(Array("{}".utf8), seenBy: .standard) { json, _ in VisibleData(json: json, omittedCount: 0)
            }
        )
    }

    /// A session whose data has so many bytes, for keys like `long 5000`.
    private static func longAnswer(_ key: SessionKey, _ wants: LookupWants) -> SessionAnswer? {
        let words = String(decoding: key.bytes, as: UTF8.self).split(separator: " ")
        guard words.first == "long", let view = wants.data, let count = words.last.flatMap({ Int($0) }) else {
            return nil
        }
        var answer = answer(key)
        answer.data = SessionData([], seenBy: view) { _, _ in
            let filling = String(repeating: "x", count: count)
            return VisibleData(json: Array(#"{"x":"\#(filling)"}"#.utf8), omittedCount: 0)
        }
        return answer
    }

    func cached(_ key: SessionKey, wanting wants: LookupWants) -> SessionAnswer? {
        key.bytes.starts(with: "known".utf8) ? Self.answer(key) : nil
    }

    func identities(
        ofKeys keys: UnsafeBufferPointer<Range<Int>>, in text: UnsafeRawBufferPointer, at uptime: Int64,
        _ take: (Int, borrowing PackedIdentity) -> Void
    ) -> Int {
        for (number, place) in keys.enumerated() {
            guard let key = SessionKey(Array(text[place])), key.bytes.starts(with: "known".utf8),
                let userID = PackedUserID(UserID("1"))
            else { return number }
            take(
                number,
                PackedIdentity(
                    userID: userID, backend: Array(#""b""#.utf8), session: Fingerprint(of: key), expiresAt: nil,
                    isSuperseded: false))
        }
        return keys.count
    }

    var uptime: Int64 { 0 }

    func countIdentities(_ count: Int) {}

    func ask(
        _ key: SessionKey, wanting wants: LookupWants, completion: @escaping @Sendable (SessionAnswer) -> Void
    ) {
        let answer = Self.longAnswer(key, wants) ?? .nobody(.unknown)
        waiting.withLock { $0.append { completion(answer) } }
    }

    func list(_ query: SessionListQuery, completion: @escaping @Sendable (SessionListPage) -> Void) {
        let answer = { @Sendable in
            completion(SessionListPage(sessions: [], next: nil, position: EventID(run: 1, sequence: 0)))
        }
        guard holdsLists else { return answer() }
        waiting.withLock { $0.append(answer) }
    }

    /// Every session is there, and every user has two.
    func revoke(
        _ order: RevocationOrder, completion: @escaping @Sendable (Result<Int, RevocationFailure>) -> Void
    ) {
        switch order.target {
        case .key(let key) where key.bytes.starts(with: "far".utf8):
            completion(.failure(RevocationFailure("Redis is far away")))
        case .key, .session: completion(.success(1))
        case .user: completion(.success(2))
        }
    }

    /// User 1 is logged in; others had two events.
    func forget(
        _ userID: UserID, byUID uid: UInt32, completion: @escaping @Sendable (Result<Forgotten, ForgetError>) -> Void
    ) {
        completion(
            userID.text == "1"
                ? .failure(.loggedIn(sessions: 1))
                : .success(Forgotten(id: EventID(run: 1, sequence: 3), eventCount: 2)))
    }

    var waitingCount: Int { waiting.withLock(\.count) }

    /// Answers those that wait.
    func release() {
        for answer in waiting.withLock({ waiting in
            defer { waiting = [] }
            return waiting
        }) { answer() }
    }
}

/// A log in memory that holds the newest `capacity` events.
final class FakeLog: EventLog {
    private let capacity: Int
    private let isAlwaysOld: Bool
    /// Readings of users with this id wait for ``release(_:)``.
    private let heldUser = UserID("held")
    private let state = Mutex(State())
    /// How often memory was read.
    let readCount = Atomic<Int>(0)

    private struct State {
        var events: [SessionEvent] = []
        var last: UInt64 = 0
        var interruption: JournalInterruption?
        var watchers: [EventWatch: @Sendable () -> Void] = [:]
        var held: [@Sendable (EventReadError?) -> Void] = []
    }

    /// - Parameter isAlwaysOld: nothing is read from memory.
    init(capacity: Int = .max, isAlwaysOld: Bool = false) {
        self.capacity = capacity
        self.isAlwaysOld = isAlwaysOld
    }

    var position: EventID { EventID(run: 1, sequence: state.withLock(\.last)) }
    var watcherCount: Int { state.withLock(\.watchers.count) }

    func append(count: Int = 1) {
        let watchers = state.withLock { state in
            for _ in 0..<count {
                state.last += 1
                let id = EventID(run: 1, sequence: state.last)
                state.events.append(SessionEvent(id: id, time: 0, subject: nil, kind: .userOnline(UserID("1"))))
            }
            state.events.removeFirst(max(0, state.events.count - capacity))
            return Array(state.watchers.values)
        }
        for wake in watchers { wake() }
    }

    var interruption: JournalInterruption? { state.withLock(\.interruption) }

    func interrupt(_ interruption: JournalInterruption?) {
        let watchers = state.withLock { state in
            state.interruption = interruption
            return Array(state.watchers.values)
        }
        for wake in watchers { wake() }
    }

    func check(_ start: EventStart, for filter: EventFilter) throws(PositionLost) {
        var filter = filter
        _ = try read(from: start, matching: &filter, limit: 0)
    }

    func recent(
        from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) throws(PositionLost) -> EventBatch? {
        readCount.wrappingAdd(1, ordering: .relaxed)
        return isAlwaysOld ? nil : try read(from: start, matching: &filter, limit: limit)
    }

    func recent(after id: EventID, activity: Bool, offer: (SessionEvent) -> EventOffer) -> EventBatch? {
        readCount.wrappingAdd(1, ordering: .relaxed)
        let last = position
        var filter = EventFilter()
        guard !isAlwaysOld, let all = try? read(from: .after(id), matching: &filter, limit: .max) else { return nil }
        let events = state.withLock(\.events)
        var batch = EventBatch(events: [], position: id, hasMore: false)
        for event in all.events {
            guard let whole = events.first(where: { $0.id == event.id }) else { return nil }
            switch offer(whole) {
            case .passed: break
            case .taken: batch.events.append(event)
            case .refused:
                batch.hasMore = true
                return batch
            }
            batch.position = event.id
        }
        batch.position = max(batch.position, last)
        return batch
    }

    func read(
        from start: EventStart, matching filter: EventFilter, limit: Int,
        completion: @escaping @Sendable (Result<(EventBatch, EventFilter), EventReadError>) -> Void
    ) {
        var working = filter
        let page: Result<(EventBatch, EventFilter), EventReadError>
        do throws(PositionLost) {
            page = .success((try read(from: start, matching: &working, limit: limit), working))
        } catch {
            page = .failure(.positionLost(error))
        }
        let answer = { @Sendable (failure: EventReadError?) in completion(failure.map(Result.failure) ?? page) }
        guard filter.userID == heldUser else { return answer(nil) }
        state.withLock { $0.held.append(answer) }
    }

    var heldCount: Int { state.withLock(\.held.count) }

    /// Ends the readings that wait.
    func release(_ failure: EventReadError? = nil) {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer(failure) }
    }

    private func read(
        from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) throws(PositionLost) -> EventBatch {
        let (events, last) = state.withLock { ($0.events, $0.last) }
        var after: UInt64 = 0
        if case .after(let id) = start {
            guard id.run == 1, id.sequence <= last, id.sequence + 1 >= events.first?.id.sequence ?? 0 else {
                throw PositionLost(oldest: events.first?.id)
            }
            after = id.sequence
        }
        let found = events.filter { $0.id.sequence > after }
        let page = found.prefix(limit)
        return EventBatch(
            events: page.map { RecordedEvent(id: $0.id, json: $0.cloudEvent(source: "urn:uuid:x")) },
            position: page.last?.id ?? EventID(run: 1, sequence: max(after, found.isEmpty ? last : after)),
            hasMore: found.count > limit
        )
    }

    func watch(_ wake: @escaping @Sendable () -> Void) -> EventWatch {
        state.withLock { state in
            let watch = EventWatch(number: state.watchers.count + 1)
            state.watchers[watch] = wake
            return watch
        }
    }

    func unwatch(_ watch: EventWatch) {
        state.withLock { _ = $0.watchers.removeValue(forKey: watch) }
    }
}
