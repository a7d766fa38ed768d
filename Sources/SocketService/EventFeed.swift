import JSONRPC
import SessionModel
import Synchronization

/// A connection's subscriptions, and the lines that they make of the log. Confined to the connection's event loop.
final class EventFeed {
    private let log: any EventLog
    private let figures: SocketFigures
    /// What the peer's user has of the subscriptions that there may be.
    private let share: Share
    private var subscriptions: [Subscription] = []
    private var nextNumber = 1
    private var watch: EventWatch?
    private let wake = Wake()
    private var toldInterruption: JournalInterruption?

    /// How many events one read of the log's recent events brings, and one of the older ones.
    private static var readCount: Int { 64 }
    private static var fetchCount: Int { 256 }
    /// How often a turn reads the log, and how many filters it offers events to in one such read: others wait for the loop, and for
    /// the log.
    private static var turnReadsMax: Int { 16 }
    private static var offeredMax: Int { 4096 }

    /// Lets many additions to the log cost one visit of the loop.
    private final class Wake: Sendable {
        let isPending = Atomic<Bool>(false)
    }

    init(log: any EventLog, figures: SocketFigures, share: Share) {
        self.log = log
        self.figures = figures
        self.share = share
    }

    var count: Int { subscriptions.count }
    var isWatching: Bool { watch != nil }

    // MARK: Subscribing

    /// Opens a subscription.
    ///
    /// - Parameters:
    ///   - right: without it the subscription ends.
    ///   - batch: its events wait until this batch is answered.
    /// - Returns: the result of `events.subscribe`.
    func subscribe(
        _ filter: EventFilter, from start: EventStart?, by right: Rights, after batch: BatchInProgress?
    ) throws(RPCError) -> [UInt8] {
        let newest = log.position
        var position = newest
        if let start {
            do throws(PositionLost) {
                try log.check(start, for: filter)
            } catch {
                throw .positionLost(oldest: error.oldest?.description)
            }
            if case .after(let id) = start { position = id }
        }
        guard share.take() else { throw .overloaded(retryAfterMilliseconds: 1000) }
        let subscription = Subscription(
            number: nextNumber, right: right, filter: filter, position: position, startsAtOldest: start == .oldest,
            awaitedBatch: batch
        )
        nextNumber += 1
        subscriptions.append(subscription)
        figures.subscriptions.wrappingAdd(1, ordering: .relaxed)
        return ResultText.subscribed(subscription.number, position: newest)
    }

    /// Ends the subscriptions for which a right is missing by now.
    func close(beyond rights: Rights, to output: inout [UInt8]) {
        for subscription in subscriptions
        where subscription.awaitedBatch == nil && !rights.isSuperset(of: subscription.right) {
            let missing = subscription.right.subtracting(rights).names.joined()
            AnswerLine.closed(
                subscription: subscription.number, error: .forbidden(right: missing), to: &output)
            remove(subscription.number)
        }
    }

    /// Ends a subscription; one that has ended by itself stays ended.
    ///
    /// - Returns: Whether the number was ever given out.
    @discardableResult
    func remove(_ number: Int) -> Bool {
        if let index = subscriptions.firstIndex(where: { $0.number == number }) {
            subscriptions.remove(at: index)
            share.give()
            figures.subscriptions.wrappingSubtract(1, ordering: .relaxed)
        }
        return number < nextNumber
    }

    func removeAll() {
        share.give(subscriptions.count)
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
        retryFailed()
    }

    private func retryFailed() {
        for index in subscriptions.indices {
            if case .failed = subscriptions[index].reading { subscriptions[index].reading = .none }
        }
    }

    // MARK: Sending

    /// Appends the lines of events that are due, about `bytesMax` bytes at most.
    ///
    /// - Parameter fetch: reads the log's older events for a subscription and hands them to ``fetched(_:for:)``; a
    ///   subscription waits for one such reading at a time, and the others do not wait for it.
    /// - Returns: Whether there is more to look at, and others should have their turn first.
    func pump(to output: inout [UInt8], bytesMax: Int, fetch: (FetchRequest) -> Void) -> Bool {
        var readsLeft = Self.turnReadsMax
        while output.count < bytesMax, pumpTogether(to: &output) {
            readsLeft -= 1
            guard readsLeft > 0 else { return true }
        }
        for index in subscriptions.indices.reversed() where subscriptions[index].awaitedBatch == nil {
            while output.count < bytesMax {
                guard pump(index, to: &output, fetch) else { break }
                readsLeft -= 1
                guard readsLeft > 0 else { return true }
            }
        }
        return false
    }

    /// One read of the log for all subscriptions that have come equally far, which most have: what it costs to find the events,
    /// and to wait for the log, it costs once.
    ///
    /// - Returns: Whether there may be more.
    private func pumpTogether(to output: inout [UInt8]) -> Bool {
        let newest = log.position
        let due = subscriptions.indices.filter { subscriptions[$0].isReadFromMemory(until: newest) }
        guard let position = due.lazy.map({ self.subscriptions[$0].position }).max() else { return false }
        let activity = due.contains { subscriptions[$0].position == position && subscriptions[$0].filter.wantsActivity }
        let together = due.filter {
            subscriptions[$0].position == position && subscriptions[$0].filter.wantsActivity == activity
        }
        guard together.count > 1 else { return false }
        var takers: [[Int]] = []
        var (lineCount, offeredCount) = (0, 0)
        let batch = log.recent(after: position, activity: activity) { event in
            guard lineCount < Self.readCount, offeredCount < Self.offeredMax else { return .refused }
            offeredCount += together.count
            let taking = together.filter { subscriptions[$0].filter.admits(event) }
            guard !taking.isEmpty else { return .passed }
            takers.append(taking)
            lineCount += taking.count
            return .taken
        }
        guard let batch else { return false }
        for (event, taking) in zip(batch.events, takers) {
            for index in taking {
                AnswerLine.event(subscription: subscriptions[index].number, event: event.json, to: &output)
            }
        }
        for index in together { subscriptions[index].position = batch.position }
        return batch.hasMore
    }

    /// What a subscription wants of the log's older events.
    struct FetchRequest: Sendable {
        var number: Int
        var start: EventStart
        var filter: EventFilter
        var limit: Int
    }

    /// Appends the events of one read.
    ///
    /// - Returns: Whether there may be more.
    private func pump(_ index: Int, to output: inout [UInt8], _ fetch: (FetchRequest) -> Void) -> Bool {
        switch subscriptions[index].reading {
        case .underWay, .failed: return false
        case .done(let result):
            subscriptions[index].reading = .none
            let number = subscriptions[index].number
            _ = deliver(result, index, to: &output)
            guard subscriptions.indices.contains(index), subscriptions[index].number == number else { return false }
            // What has come while this was read was announced then, to nobody.
            return subscriptions[index].position < log.position
        case .none:
            // Nothing has come since.
            guard subscriptions[index].startsAtOldest || subscriptions[index].position < log.position else {
                return false
            }
            let start = subscriptions[index].start
            do throws(PositionLost) {
                let filter = subscriptions[index].filter
                guard
                    let batch = try log.recent(
                        from: start, matching: &subscriptions[index].filter, limit: Self.readCount)
                else {
                    subscriptions[index].reading = .underWay
                    fetch(
                        FetchRequest(
                            number: subscriptions[index].number, start: start, filter: filter, limit: Self.fetchCount))
                    return false
                }
                return deliver(.success((batch, subscriptions[index].filter)), index, to: &output)
            } catch {
                return deliver(.failure(.positionLost(error)), index, to: &output)
            }
        }
    }

    private func deliver(
        _ result: Result<(EventBatch, EventFilter), EventReadError>, _ index: Int, to output: inout [UInt8]
    ) -> Bool {
        let number = subscriptions[index].number
        switch result {
        case .success((let batch, let filter)):
            for event in batch.events { AnswerLine.event(subscription: number, event: event.json, to: &output) }
            subscriptions[index].filter = filter
            subscriptions[index].position = batch.position
            subscriptions[index].startsAtOldest = false
            return batch.hasMore
        case .failure(.unreadable):
            // Its events are held all the same. Heartbeats say how far it has come, and what is the matter.
            subscriptions[index].reading = .failed
            return false
        case .failure(let error):
            AnswerLine.closed(subscription: number, error: RPCError(error), to: &output)
            remove(number)
            return false
        }
    }

    /// Older events were read for a subscription.
    func fetched(_ result: Result<(EventBatch, EventFilter), EventReadError>, for number: Int) {
        guard let index = subscriptions.firstIndex(where: { $0.number == number }) else { return }
        subscriptions[index].reading = .done(result)
    }

    /// Whether recording was interrupted or went on since the last heartbeat told of it.
    var owesBeat: Bool { !subscriptions.isEmpty && log.interruption != toldInterruption }

    /// Appends a heartbeat for every subscription, busy or not: so none is ever silent for longer than from beat to beat.
    func beat(to output: inout [UInt8]) {
        retryFailed()
        toldInterruption = log.interruption
        let interruption = toldInterruption?.cause
        for subscription in subscriptions where subscription.awaitedBatch == nil && !subscription.startsAtOldest {
            AnswerLine.heartbeat(
                subscription: subscription.number, position: subscription.position.description,
                interrupted: interruption, to: &output
            )
        }
    }
}
