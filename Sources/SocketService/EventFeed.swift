import JSONRPC
import SessionModel
import Synchronization

/// A connection's subscriptions, and the lines that they make of the log. Confined to the connection's event loop.
final class EventFeed<Log: EventLog> {
    private let log: Log
    private let figures: SocketFigures
    private var subscriptions: [Subscription] = []
    private var nextNumber = 1
    private var watch: EventWatch?
    private let wake = Wake()

    /// How many events one read of the log brings.
    private static var readCount: Int { 64 }

    /// Lets many additions to the log cost one visit of the loop.
    private final class Wake: Sendable {
        let isPending = Atomic<Bool>(false)
    }

    init(log: Log, figures: SocketFigures) {
        self.log = log
        self.figures = figures
    }

    var count: Int { subscriptions.count }
    var isWatching: Bool { watch != nil }

    // MARK: Subscribing

    /// Opens a subscription.
    ///
    /// - Parameter batch: its events wait until this batch is answered.
    /// - Returns: the result of `events.subscribe`.
    func subscribe(
        _ filter: EventFilter, from start: EventStart?, after batch: BatchInProgress?
    ) throws(RPCError) -> [UInt8] {
        let newest = log.position
        var position = newest
        var filter = filter
        if let start {
            try check(start, &filter)
            if case .after(let id) = start { position = id }
        }
        let subscription = Subscription(
            number: nextNumber, filter: filter, position: position, startsAtOldest: start == .oldest,
            awaitedBatch: batch
        )
        nextNumber += 1
        subscriptions.append(subscription)
        figures.subscriptions.wrappingAdd(1, ordering: .relaxed)
        return ResultText.subscribed(subscription.number, position: newest)
    }

    private func check(_ start: EventStart, _ filter: inout EventFilter) throws(RPCError) {
        do throws(PositionLost) {
            _ = try log.read(from: start, matching: &filter, limit: 0)
        } catch {
            throw .positionLost(oldest: error.oldest?.description)
        }
    }

    /// Ends a subscription; one that has ended by itself stays ended.
    ///
    /// - Returns: Whether the number was ever given out.
    @discardableResult
    func remove(_ number: Int) -> Bool {
        if let index = subscriptions.firstIndex(where: { $0.number == number }) {
            subscriptions.remove(at: index)
            figures.subscriptions.wrappingSubtract(1, ordering: .relaxed)
        }
        return number < nextNumber
    }

    func removeAll() {
        figures.subscriptions.wrappingSubtract(subscriptions.count, ordering: .relaxed)
        subscriptions = []
        if let watch { log.unwatch(watch) }
        watch = nil
    }

    /// The batch is answered: the events of its subscriptions may flow.
    func begin(after batch: BatchInProgress) {
        for index in subscriptions.indices where subscriptions[index].awaitedBatch === batch {
            subscriptions[index].awaitedBatch = nil
        }
    }

    // MARK: Waking

    /// Calls `visit` on an unspecified thread when events have been added, and not again before ``wakeTaken()``.
    func watch(_ visit: @escaping @Sendable () -> Void) {
        let wake = wake
        watch = log.watch {
            if !wake.isPending.exchange(true, ordering: .acquiringAndReleasing) { visit() }
        }
    }

    func wakeTaken() {
        // An exchange, so that the read that follows sees all that was added before a call was saved.
        _ = wake.isPending.exchange(false, ordering: .acquiringAndReleasing)
    }

    // MARK: Sending

    /// Appends the lines of events that are due, about `bytesMax` bytes at most.
    func pump(to output: inout [UInt8], bytesMax: Int) {
        for index in subscriptions.indices.reversed() where subscriptions[index].awaitedBatch == nil {
            while output.count < bytesMax {
                guard pump(index, to: &output) else { break }
            }
        }
    }

    /// Appends the events of one read.
    ///
    /// - Returns: Whether there may be more.
    private func pump(_ index: Int, to output: inout [UInt8]) -> Bool {
        let number = subscriptions[index].number
        let batch: EventBatch
        do throws(PositionLost) {
            let start = subscriptions[index].start
            batch = try log.read(from: start, matching: &subscriptions[index].filter, limit: Self.readCount)
        } catch {
            AnswerLine.closed(
                subscription: number, error: .positionLost(oldest: error.oldest?.description), to: &output
            )
            remove(number)
            return false
        }
        for event in batch.events { AnswerLine.event(subscription: number, event: event.json, to: &output) }
        subscriptions[index].position = batch.position
        subscriptions[index].startsAtOldest = false
        return batch.hasMore
    }

    /// Appends a heartbeat for every subscription, busy or not: so none is ever silent for longer than from beat to beat.
    func beat(to output: inout [UInt8]) {
        for subscription in subscriptions where subscription.awaitedBatch == nil && !subscription.startsAtOldest {
            AnswerLine.heartbeat(
                subscription: subscription.number, position: subscription.position.description, to: &output
            )
        }
    }
}
