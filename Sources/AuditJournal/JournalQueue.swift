import DequeModule
import Foundation
import SessionModel

/// Events on their way to the writer's thread: bounded, so that a disk that stalls costs no more memory than that.
///
/// ```
///   closed ──open()──▶ taking ──too much waits──▶ closed
/// ```
/// While it is closed events go nowhere; whoever opens it again finds out by comparing what they would have said.
final class JournalQueue: @unchecked Sendable {
    /// How many events wait at most.
    static let countMax = 65_536
    /// How many events one transaction takes, about.
    static let portion = 2000

    /// Guards everything below.
    private let condition = NSCondition()
    private var appends: Deque<[SessionEvent]> = []
    private var count = 0
    private var isTaking = false
    private var closureCount = 0
    private var isStopping = false
    private var tasks: [@Sendable (JournalStore) -> Void] = []
    private var isWaiting = false
    private var newest: EventID?

    /// What the writer has to do.
    struct Work {
        /// To be written in one transaction; they stay in the queue until they are.
        var events: [SessionEvent] = []
        /// How many calls they came with.
        var appendCount = 0
        var tasks: [@Sendable (JournalStore) -> Void] = []
        var isStopping = false
        /// Events that come go nowhere: which time that is. Nil while they are taken.
        var closure: Int?

        var isEmpty: Bool { events.isEmpty && tasks.isEmpty && !isStopping }
    }

    // MARK: The link's loop

    func append(_ events: [SessionEvent]) {
        guard let last = events.last else { return }
        condition.withLock {
            newest = last.id
            guard isTaking else { return }
            guard count + events.count <= Self.countMax else { return close() }
            appends.append(events)
            count += events.count
            if isWaiting { condition.signal() }
        }
    }

    /// Takes events from now on.
    func open() {
        condition.withLock { isTaking = true }
    }

    private func close() {
        guard isTaking else { return }
        isTaking = false
        closureCount += 1
    }

    /// How many events wait.
    var waitingCount: Int { condition.withLock { count } }

    /// The newest position that was given out, whether its event was taken or not.
    var newestPosition: EventID? { condition.withLock { newest } }

    // MARK: Any thread

    /// Has the writer do something with the journal, between two transactions.
    func perform(_ task: @escaping @Sendable (JournalStore) -> Void) {
        condition.withLock {
            tasks.append(task)
            condition.signal()
        }
    }

    /// The last time that events went nowhere, counted.
    var closure: Int { condition.withLock { closureCount } }

    var isStopped: Bool { condition.withLock { isStopping } }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.signal()
        }
    }

    // MARK: The writer

    /// Waits until there is something to do, or for `seconds`.
    func next(within seconds: Double) -> Work {
        condition.withLock {
            let deadline = Date(timeIntervalSinceNow: seconds)
            while appends.isEmpty, tasks.isEmpty, !isStopping {
                isWaiting = true
                let isInTime = condition.wait(until: deadline)
                isWaiting = false
                if !isInTime { break }
            }
            return look()
        }
    }

    /// Waits for `seconds`, unless it is to stop.
    func pause(_ seconds: Double) {
        condition.withLock {
            let deadline = Date(timeIntervalSinceNow: seconds)
            while !isStopping, condition.wait(until: deadline) {}
        }
    }

    private func look() -> Work {
        var work = Work()
        for events in appends {
            guard work.events.isEmpty || work.events.count + events.count <= Self.portion else { break }
            work.events += events
            work.appendCount += 1
        }
        work.tasks = tasks
        tasks = []
        work.isStopping = isStopping
        work.closure = isTaking ? nil : closureCount
        return work
    }

    /// The first calls' events were written.
    func remove(_ work: Work) {
        condition.withLock {
            appends.removeFirst(work.appendCount)
            count -= work.events.count
        }
    }

    /// What waits fits no journal any more.
    func discardAll() {
        condition.withLock {
            appends = []
            count = 0
            close()
        }
    }
}
