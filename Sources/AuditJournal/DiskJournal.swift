import Foundation
import GRDB
package import Logging
package import SessionModel
import Synchronization

/// The journal on disk: an event is in its file before anybody hears of it.
///
/// ```
///   append ──▶ JournalQueue ──▶ the writer's thread ──▶ JournalStore ──▶ file
///                                     └──then──▶ recent events ──▶ those who watch
///   recent ◀── memory        read ◀── file, on SQLite's readers
/// ```
/// Where the file cannot be written, events wait; where too many wait, what comes is forgotten, and when the file can be
/// written again, the machine behind compares and writes what happened meanwhile.
package final class DiskJournal: Journal {
    private let settings: JournalSettings
    private let queue = JournalQueue()
    /// The newest events, for those who are up to date.
    private let memory: MemoryJournal
    private let view = JournalView()
    private let logger: Logger
    private let now: @Sendable () -> Int64

    /// How many events are kept in memory.
    static let recentCount = 8192

    /// - Parameter now: milliseconds since 1970.
    package init(_ settings: JournalSettings, logger: Logger, now: @escaping @Sendable () -> Int64) {
        self.settings = settings
        self.logger = logger
        self.now = now
        memory = MemoryJournal(run: 0, uuid: "", capacity: Self.recentCount)
    }

    /// Opens the journal and begins to write.
    ///
    /// - Parameter tell: called on the writer's thread, with what was not told by the result.
    /// - Returns: what the journal holds; nil where it cannot be opened: then it is tried again.
    package func start(tell: @escaping @Sendable (JournalNews) -> Void) async -> JournalOpening? {
        await withCheckedContinuation { continuation in
            let writer = JournalWriter(
                settings: settings, queue: queue, memory: memory, logger: logger, now: now,
                view: view, opened: { continuation.resume(returning: $0) }, tell: tell
            )
            let thread = Thread { writer.run() }
            thread.name = "journal"
            thread.start()
            writerThread.withLock { $0 = writer }
        }
    }

    private let writerThread = Mutex<JournalWriter?>(nil)

    /// Takes events; to be called when what ``start(tell:)`` or the news brought has come to the machine.
    package func open() {
        queue.open()
    }

    /// Writes what waits, as far as it can be written, and ends.
    package func stop() async {
        queue.stop()
        guard let writer = writerThread.withLock({ $0 }) else { return }
        await withCheckedContinuation { continuation in writer.whenEnded { continuation.resume() } }
    }

    package func append(_ events: [SessionEvent], completion: (@Sendable (Int?) -> Void)?) {
        queue.append(JournalQueue.Append(events: events, completion: completion))
    }

    package var hasRoom: Bool { queue.waitingCount < JournalQueue.countMax / 8 }

    package var position: EventID { memory.position }

    package var interruption: JournalInterruption? { view.current.interruption }

    package var figures: JournalFigures {
        let held = view.current
        var figures = JournalFigures(
            kind: "disk", source: memory.source, position: memory.position, oldest: held.oldest,
            eventCount: held.eventCount, eventCountMax: settings.retention.countMax
        )
        figures.waitingCount = queue.waitingCount
        figures.bytes = held.bytes
        figures.bytesMax = settings.retention.bytesMax
        figures.interruption = held.interruption
        return figures
    }

    package func watch(_ wake: @escaping @Sendable () -> Void) -> EventWatch { memory.watch(wake) }
    package func unwatch(_ watch: EventWatch) { memory.unwatch(watch) }

    // MARK: Reading

    package func check(_ start: EventStart, for filter: EventFilter) throws(PositionLost) {
        guard case .after(let id) = start else { return }
        // The frequent types are in memory alone.
        if filter.wantsActivity { return try memory.check(start, for: filter) }
        let held = view.current
        // Before it was opened nobody knows: whoever goes on to read is told why that cannot be done, or waits.
        guard held.runs.last != nil else { return }
        guard held.holdsAll(behind: id, newest: queue.newestPosition) else { throw PositionLost(oldest: held.oldest) }
    }

    package func recent(
        from start: EventStart, matching filter: inout EventFilter, limit: Int
    ) throws(PositionLost) -> EventBatch? {
        var start = start
        if case .after(let id) = start { start = .after(opened(id)) }
        if filter.wantsActivity { return try memory.recent(from: start, matching: &filter, limit: limit) }
        guard case .after(let id) = start, filter.openAt == nil else { return nil }
        // Which sessions a session rotated into before, only the file knows.
        guard !filter.isYetToFollow else { return nil }
        let position = memory.position
        if id.run == position.run, id >= position {
            return EventBatch(events: [], position: id, hasMore: false)
        }
        do throws(PositionLost) {
            return try memory.recent(from: start, matching: &filter, limit: limit)
        } catch {
            return nil
        }
    }

    package func recent(after id: EventID, activity: Bool, offer: (SessionEvent) -> EventOffer) -> EventBatch? {
        let id = opened(id)
        let position = memory.position
        if !activity, id.run == position.run, id >= position {
            return EventBatch(events: [], position: id, hasMore: false)
        }
        return memory.recent(after: id, activity: activity, offer: offer)
    }

    /// Whoever subscribed before the journal was opened hears all of its first run since.
    private func opened(_ id: EventID) -> EventID {
        id.run == 0 ? EventID(run: memory.position.run, sequence: 0) : id
    }

    package func read(
        from start: EventStart, matching filter: EventFilter, limit: Int,
        completion: @escaping @Sendable (Result<(EventBatch, EventFilter), EventReadError>) -> Void
    ) {
        if filter.wantsActivity {
            return memory.read(from: start, matching: filter, limit: limit, completion: completion)
        }
        do throws(PositionLost) {
            try check(start, for: filter)
        } catch {
            return completion(.failure(.positionLost(error)))
        }
        let held = view.current
        guard let pool = held.pool else {
            return completion(.failure(.unreadable(held.interruption?.cause ?? "the journal is not open")))
        }
        pool.asyncRead { database in
            do {
                completion(.success(try held.read(try database.get(), from: start, matching: filter, limit: limit)))
            } catch let lost as PositionLost {
                completion(.failure(.positionLost(lost)))
            } catch {
                completion(.failure(.unreadable("\(JournalFailure(error))")))
            }
        }
    }
}

/// Where a journal lies and how it is kept.
package struct JournalSettings: Sendable {
    /// The state directory.
    package var directory: String
    package var sync: JournalSync
    package var retention: JournalRetention
    /// How long another program's lock is waited for, in seconds.
    package var patience = 5.0
    /// How long to wait before a file that failed is tried again, and how often it is looked after; in seconds.
    package var retryInterval = 1.0

    package init(directory: String, sync: JournalSync = .normal, retention: JournalRetention = JournalRetention()) {
        self.directory = directory
        self.sync = sync
        self.retention = retention
    }
}
