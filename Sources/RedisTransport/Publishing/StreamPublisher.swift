package import Logging
package import NIOCore
import RESP
import ServiceLifecycle
package import SessionModel
import Synchronization

/// Adds every event of the journal to a Redis Stream, in order and once, as long as it holds the lease.
///
/// ```
///   journal ──read behind the last published──▶ publisher ──one script──▶ stream, and how far it is published
///                                                   └──acquire, renew──▶ lease ◀── the publishers of other hosts wait
/// ```
/// How far the journal is published stands in Redis, and changes in the same step as the stream: whatever dies in
/// between, nothing is added twice and nothing is left out.
package final class StreamPublisher<EventJournal: Journal>: Service {
    let settings: StreamSettings
    private let connector: RedisConnector
    let journal: EventJournal
    private let loop: any EventLoop
    let logger: Logger
    /// Names this publisher among all.
    private let holder: String
    private let state = Mutex(State())

    private struct State {
        var word = Standing.away
        var position: EventID?
        var lastFailure: String?
    }

    /// What a publisher does at present.
    package enum Standing: String, Sendable {
        /// It has no connection to Redis.
        case away
        /// Another one publishes.
        case standby
        case publishing
    }

    /// How many events one step adds at most.
    static var portion: Int { 200 }

    /// - Parameter name: tells this daemon from all others that may publish to the stream.
    package init(_ settings: StreamSettings, journal: EventJournal, name: String, loop: any EventLoop, logger: Logger) {
        self.settings = settings
        connector = RedisConnector(settings.endpoint, logger: logger)
        self.journal = journal
        self.loop = loop
        self.logger = logger
        holder = name
    }

    /// What `server.status` tells of it.
    package var figures: StreamFigures {
        state.withLock { state in
            StreamFigures(
                stream: settings.name, standing: state.word.rawValue, position: state.position,
                lastFailure: state.lastFailure)
        }
    }

    package func run() async {
        await cancelWhenGracefulShutdown { await self.keepPublishing() }
    }

    private func keepPublishing() async {
        var backoff = Backoff()
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            do throws(RedisFailure) {
                let connection = try await connector.open(
                    name: "sessiond-publish", timeout: settings.timeout, on: loop)
                let establishedAt = NIODeadline.now()
                await publish(on: connection)
                // Whoever cannot go on lets others.
                await release(connection)
                connection.close(.stopped)
                let stood = NIODeadline.now() - establishedAt
                _ = backoff.resetIfStood(milliseconds: stood.nanoseconds / 1_000_000)
            } catch {
                tell(error)
            }
            stand(.away)
            if Task.isCancelled { return }
            try? await Task.sleep(for: .milliseconds(backoff.next(using: &generator)))
        }
    }

    /// Publishes, or waits for the lease, until the connection is lost.
    private func publish(on connection: RedisConnection) async {
        let wakes = Wakes(journal, every: .milliseconds(StreamSettings.renewalMilliseconds), on: loop)
        defer { wakes.end() }
        var iterator = wakes.stream.makeAsyncIterator()
        do throws(RedisFailure) {
            while !Task.isCancelled {
                if let lease = try await acquire(connection) {
                    if state.withLock({ $0.word }) != .publishing {
                        logger.notice("publishing events to the stream \(settings.name)")
                    }
                    stand(.publishing)
                    try await publish(on: connection, lease, &iterator)
                } else {
                    stand(.standby)
                    try? await Task.sleep(for: .milliseconds(StreamSettings.renewalMilliseconds))
                }
            }
        } catch {
            if !Task.isCancelled { tell(error) }
        }
    }

    // MARK: The lease

    /// What Redis holds of the publication when the lease was got.
    struct Lease {
        /// How far this journal is published.
        var published: EventID?
        /// Another journal was published last.
        var isTakeover: Bool
        /// Until when that one had published all it had, in milliseconds since 1970; nil where it never had.
        var completeUntil: Int64?
    }

    /// - Returns: nil while another publisher holds it.
    private func acquire(_ connection: RedisConnection) async throws(RedisFailure) -> Lease? {
        let source = journal.figures.source
        let reply = try await call(
            connection, PublishScripts.acquire, [settings.leaseKey, settings.stateKey],
            [holder, String(StreamSettings.leaseMilliseconds), source])
        guard case .array(let parts) = reply else { throw RedisFailure(refusing: "EVAL", reply) }
        guard parts.count == 3 else { return nil }
        let texts = parts.map { String(decoding: $0.bytes ?? [], as: UTF8.self) }
        return Lease(
            published: EventID(texts[0]), isTakeover: !texts[1].isEmpty && texts[1] != source,
            completeUntil: Int64(texts[2]))
    }

    private func release(_ connection: RedisConnection) async {
        // The task is cancelled: what is left to do is done outside of it.
        await Task {
            _ = try? await self.call(connection, PublishScripts.release, [self.settings.leaseKey], [self.holder])
        }
        .value
    }

    // MARK: Publishing

    /// Publishes as long as the lease is held.
    private func publish(
        on connection: RedisConnection, _ lease: Lease, _ iterator: inout AsyncStream<Void>.AsyncIterator
    ) async throws(RedisFailure) {
        var published = lease.published ?? EventID(run: journal.position.run, sequence: 0)
        if lease.isTakeover {
            guard let position = try await takeOver(connection, lease) else { return }
            published = position
        }
        var start = EventStart.after(published)
        while !Task.isCancelled {
            switch await read(start) {
            case .failure(.positionLost(let lost)):
                if let oldest = lost.oldest, oldest > published {
                    logger.warning(
                        "the journal no longer holds what follows \(published): events are missing in the stream")
                } else {
                    logger.warning("the journal does not reach to \(published), as far as it was published")
                }
                start = .oldest
            case .failure(.unreadable):
                _ = await iterator.next(isolation: #isolation)
                guard try await add([], through: nil, isComplete: false, connection) else { return }
            case .success(let batch):
                // A journal that was restored begins anew where its events are published already.
                let events = batch.events.filter { $0.id > published }
                let position = batch.position > published ? batch.position : nil
                guard try await add(events, through: position, isComplete: !batch.hasMore, connection)
                else { return }
                published = position ?? published
                start = .after(batch.position)
                if !batch.hasMore { _ = await iterator.next(isolation: #isolation) }
            }
        }
    }

    func read(_ start: EventStart, since: Int64? = nil) async -> Result<EventBatch, EventReadError> {
        var filter = EventFilter()
        filter.since = since
        return await withCheckedContinuation { continuation in
            journal.read(from: start, matching: filter, limit: Self.portion) { result in
                continuation.resume(returning: result.map(\.0))
            }
        }
    }

    /// Adds events to the stream.
    ///
    /// - Parameters:
    ///   - position: how far the journal is then published; nil to do no more than renew the lease.
    ///   - isComplete: whether the journal holds no more.
    /// - Returns: false, with nothing added, where the lease is another's.
    func add(
        _ events: [RecordedEvent], through position: EventID?, isComplete: Bool, _ connection: RedisConnection
    ) async throws(RedisFailure) -> Bool {
        var arguments = [
            holder, String(StreamSettings.leaseMilliseconds), journal.figures.source, position?.description ?? "",
            String(settings.lengthMax), isComplete ? "1" : "0",
        ].map { Array($0.utf8) }
        for event in events {
            arguments += [Array(event.id.description.utf8), Array(Self.type(of: event.json).utf8), event.json]
        }
        let reply = try await call(
            connection, PublishScripts.publish, [settings.leaseKey, settings.stateKey, settings.name], arguments)
        guard case .integer(let isHeld) = reply else { throw RedisFailure(refusing: "EVAL", reply) }
        if isHeld == 1, let position { state.withLock { $0.position = position } }
        if isHeld == 0 { logger.notice("another daemon publishes to the stream \(settings.name) now") }
        return isHeld == 1
    }

    // MARK: Redis

    func call(
        _ connection: RedisConnection, _ script: String, _ keys: [String], _ arguments: [String]
    ) async throws(RedisFailure) -> RESPValue {
        try await call(connection, script, keys, arguments.map { Array($0.utf8) })
    }

    func call(
        _ connection: RedisConnection, _ script: String, _ keys: [String], _ arguments: [[UInt8]]
    ) async throws(RedisFailure) -> RESPValue {
        let head = (["EVAL", script, String(keys.count)] + keys).map { Array($0.utf8) }
        return try await call(connection, head + arguments)
    }

    /// - Throws: ``RedisFailure`` where Redis refuses the command, or takes too long.
    func call(_ connection: RedisConnection, _ command: [[UInt8]]) async throws(RedisFailure) -> RESPValue {
        var reply = RESPValue.null
        try await connection.within(settings.timeout) { () async throws(RedisFailure) in
            reply = try await connection.command(command)
        }
        if case .error = reply { throw RedisFailure(refusing: String(decoding: command[0], as: UTF8.self), reply) }
        return reply
    }

    private func stand(_ standing: Standing) {
        state.withLock { $0.word = standing }
    }

    private func tell(_ failure: RedisFailure) {
        let text = "\(failure)"
        let isNew = state.withLock { state in
            defer { state.lastFailure = text }
            return state.lastFailure != text
        }
        logger.log(level: isNew ? .warning : .debug, "publishing to the stream \(settings.name): \(failure)")
    }

    /// The type of an event's text.
    private static func type(of json: [UInt8]) -> String {
        let text = String(decoding: json, as: UTF8.self)
        return text.firstMatch(of: /"type":"([^"]*)"/).map { String($0.1) } ?? ""
    }
}

/// Wakes the publisher when there are events, and from time to time.
private struct Wakes<EventJournal: Journal> {
    let stream: AsyncStream<Void>
    private let journal: EventJournal
    private let watch: EventWatch
    private let clock: RepeatedTask

    init(_ journal: EventJournal, every interval: TimeAmount, on loop: any EventLoop) {
        self.journal = journal
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        watch = journal.watch { continuation.yield() }
        clock = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in continuation.yield() }
    }

    func end() {
        journal.unwatch(watch)
        clock.cancel()
    }
}
