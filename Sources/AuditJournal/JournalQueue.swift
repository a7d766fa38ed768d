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
    private var appends: Deque<Append> = []
    private var count = 0
    private var isTaking = false
    private var closureCount = 0
    private var isStopping = false
    private var isWaiting = false
    private var newest: EventID?

    /// What the writer has to do.
    struct Work {
        /// To be written in one transaction; they stay in the queue until they are.
        var events: [SessionEvent] = []
        /// The calls that they came with.
        var appends: [Append] = []
        var isStopping = false
        /// Events that come go nowhere: which time that is. Nil while they are taken.
        var closure: Int?
    }

    /// The events of one call, and who is told when they are written: with how many events they erased, and with nil where
    /// they are not.
    struct Append: Sendable {
        var events: [SessionEvent]
        var completion: (@Sendable (Int?) -> Void)?

        /// Whether one of the events erases others.
        var erases: Bool { events.contains { $0.type == .forgotten } }
    }

    // MARK: The link's loop

    func append(_ append: Append) {
        guard let last = append.events.last else {
            append.completion?(0)
            return
        }
        let isTaken = condition.withLock {
            newest = last.id
            guard isTaking else { return false }
            guard count + append.events.count <= Self.countMax else {
                close()
                return false
            }
            appends.append(append)
            count += append.events.count
            if isWaiting { condition.signal() }
            return true
        }
        if !isTaken { append.completion?(nil) }
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
            while appends.isEmpty, !isStopping {
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
        for append in appends {
            // What is erased in memory is what was there before: it comes first, alone.
            if append.erases, !work.events.isEmpty { break }
            guard work.events.isEmpty || work.events.count + append.events.count <= Self.portion else { break }
            work.events += append.events
            work.appends.append(append)
        }
        work.isStopping = isStopping
        work.closure = isTaking ? nil : closureCount
        return work
    }

    /// The first calls' events were written.
    func remove(_ work: Work) {
        condition.withLock {
            appends.removeFirst(work.appends.count)
            count -= work.events.count
        }
    }

    /// What waits fits no journal any more.
    func discardAll() {
        let discarded = condition.withLock {
            defer {
                appends = []
                count = 0
                close()
            }
            return appends
        }
        for append in discarded { append.completion?(nil) }
    }
}
