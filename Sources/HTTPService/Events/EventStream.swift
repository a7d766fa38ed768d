import SessionModel
import Synchronization

/// One reader's way through the log. Confined to the event loop of its connection.
///
/// Events are pulled from the log when the client can take them, so one that reads slowly costs no memory.
final class EventStream {
    private let log: any EventLog
    private var filter: EventFilter
    private var position: EventID
    private var startsAtOldest: Bool
    private var reading = Reading.none
    private var watch: EventWatch?
    private let wake = Wake()

    /// How many events one read of the log's recent events brings, and one of the older ones.
    private static var readCount: Int { 64 }
    private static var fetchCount: Int { 256 }

    private enum Reading {
        case none, underWay
        /// The log could not be read; that is tried again when it says that something has changed, and with every heartbeat.
        case failed
    }

    /// Lets many additions to the log cost one visit of the loop.
    private final class Wake: Sendable {
        let isPending = Atomic<Bool>(false)
    }

    /// - Throws: ``PositionLost`` where events behind the start are no longer held.
    init(_ request: EventRequest, of log: any EventLog) throws(PositionLost) {
        self.log = log
        filter = request.filter
        position = log.position
        startsAtOldest = request.start == .oldest
        guard let start = request.start else { return }
        try log.check(start, for: filter)
        if case .after(let id) = start { position = id }
    }

    /// Up to where everything was sent or does not match.
    private var reached: EventID? { startsAtOldest ? nil : position }

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
        retry()
    }

    private func retry() {
        if case .failed = reading { reading = .none }
    }

    func close() {
        if let watch { log.unwatch(watch) }
        watch = nil
    }

    // MARK: Sending

    /// What a stream wants of the log's older events.
    struct FetchRequest: Sendable {
        var start: EventStart
        var filter: EventFilter
        var limit: Int
    }

    /// What comes after a read.
    enum Progress {
        /// Something will have to happen first.
        case waiting
        case more
        case fetch(FetchRequest)
        /// The position is lost, and that was said.
        case ended
    }

    func open(to output: inout [UInt8]) {
        EventStreamText.opening(position: reached, to: &output)
    }

    func beat(to output: inout [UInt8]) {
        retry()
        EventStreamText.heartbeat(position: reached, interrupted: log.interruption?.cause, to: &output)
    }

    /// Appends the events of one read.
    func pump(to output: inout [UInt8]) -> Progress {
        guard case .none = reading, startsAtOldest || position < log.position else { return .waiting }
        let start: EventStart = startsAtOldest ? .oldest : .after(position)
        do throws(PositionLost) {
            guard let batch = try log.recent(from: start, matching: &filter, limit: Self.readCount) else {
                reading = .underWay
                return .fetch(FetchRequest(start: start, filter: filter, limit: Self.fetchCount))
            }
            return take(batch, to: &output)
        } catch {
            return lose(error, to: &output)
        }
    }

    /// The older events that were asked for are here.
    func fetched(
        _ result: Result<(EventBatch, EventFilter), EventReadError>, to output: inout [UInt8]
    ) -> Progress {
        reading = .none
        switch result {
        case .success((let batch, let filter)):
            self.filter = filter
            _ = take(batch, to: &output)
            // What has come while this was read was announced then, to nobody.
            return .more
        case .failure(.positionLost(let lost)): return lose(lost, to: &output)
        case .failure(.unreadable):
            reading = .failed
            return .waiting
        }
    }

    private func take(_ batch: EventBatch, to output: inout [UInt8]) -> Progress {
        for event in batch.events { EventStreamText.event(event, to: &output) }
        position = batch.position
        startsAtOldest = false
        return batch.hasMore ? .more : .waiting
    }

    private func lose(_ lost: PositionLost, to output: inout [UInt8]) -> Progress {
        EventStreamText.positionLost(lost, newest: log.position, to: &output)
        return .ended
    }
}
