package import Logging
package import NIOCore
import RESP
import ServiceLifecycle
package import SessionModel

/// Keeps two connections to Redis for as long as it runs: one that subscribes and one that asks.
package final class RedisLink<Consumer: LinkConsumer>: Service {
    private let settings: LinkSettings
    private let connector: RedisConnector
    private let loop: any EventLoop
    private let core: NIOLoopBound<LinkCore<Consumer>>
    private let logger: Logger

    /// To be called on `loop`.
    package init(settings: LinkSettings, consumer: Consumer, loop: any EventLoop, logger: Logger) {
        self.settings = settings
        connector = RedisConnector(settings.endpoint, logger: logger)
        self.loop = loop
        self.logger = logger
        core = NIOLoopBound(LinkCore(settings: settings, consumer: consumer, logger: logger), eventLoop: loop)
    }

    /// Connects, and again whenever a connection is lost, until the task is cancelled or told to shut down.
    package func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.keepAsking() }
                group.addTask { await self.keepSubscribed() }
            }
        }
    }

    /// Reads keys of Redis; the consumer is given the values. To be called on the loop.
    package func fetch(_ keys: [SessionKey]) {
        core.value.fetch(keys)
    }

    /// Reads one key of Redis, however long its value is; `completion` is dropped where the connection is lost. To be called on the
    /// loop.
    package func fetchWhole(_ key: SessionKey, completion: @escaping (StoredValue) -> Void) {
        core.value.fetchWhole(key, completion)
    }

    /// Deletes keys of Redis. To be called on the loop.
    ///
    /// - Parameter completion: told which keys there were, in their order, or why that is not known.
    package func delete(
        _ keys: [SessionKey], completion: @escaping (Result<[Bool], RevocationFailure>) -> Void
    ) {
        core.value.delete(keys, completion)
    }

    /// Has the consumer told soon until when everything was heard, if there is a subscription. To be called on the loop.
    package func listen() {
        core.value.listen()
    }

    /// Scans all keys once more, if there is a subscription. To be called on the loop.
    package func rescan() {
        core.value.rescan()
    }

    /// Goes on with a scan that waits for the consumer to take further keys. To be called on the loop.
    package func continueScan() {
        core.value.continueScan()
    }

    /// What `server.status` tells of the link. To be called on the loop.
    package var figures: (reconnects: Int, roundTrip: TimeAmount?, lastFailure: String?) {
        (core.value.reconnects, core.value.roundTrip, core.value.lastFailure.map { "\($0)" })
    }

    // MARK: Keeping up

    private func keepAsking() async {
        await keep("asking connection") { () async throws(RedisFailure) in
            let connection = try await self.open("sessiond-ask")
            self.loop.execute { self.core.value.askingEstablished(connection.onLoop, on: self.loop) }
            return connection
        } lost: { failure in
            self.loop.execute { self.core.value.askingLost(failure) }
        }
    }

    private func keepSubscribed() async {
        await keep("subscribing connection") { () async throws(RedisFailure) in
            let connection = try await self.open("sessiond-subscribe")
            do throws(RedisFailure) {
                try await connection.within(self.settings.timeout) { () async throws(RedisFailure) in
                    let notifications = try await self.assureNotifications(connection)
                    try await self.subscribe(connection, notifications)
                }
            } catch {
                connection.close(error)
                throw error
            }
            return connection
        } lost: { failure in
            self.loop.execute { self.core.value.subscribingLost(failure) }
        }
    }

    private func keep(
        _ what: String, open: @Sendable () async throws(RedisFailure) -> RedisConnection,
        lost: @Sendable (RedisFailure) -> Void
    ) async {
        var backoff = Backoff()
        var generator = SystemRandomNumberGenerator()
        var lastTold: RedisFailure?
        while !Task.isCancelled {
            let failure: RedisFailure
            do throws(RedisFailure) {
                let connection = try await open()
                logger.info("\(what) to Redis established", metadata: ["redis": "\(settings.endpoint)"])
                let establishedAt = NIODeadline.now()
                failure = await connection.ended()
                let stood = NIODeadline.now() - establishedAt
                if backoff.resetIfStood(milliseconds: stood.nanoseconds / 1_000_000) { lastTold = nil }
            } catch {
                failure = error
            }
            // A stop is no loss.
            if Task.isCancelled { return }
            lost(failure)
            // The same trouble is told once, not at every attempt.
            logger.log(level: failure == lastTold ? .debug : .warning, "\(what) to Redis: \(failure)")
            lastTold = failure
            try? await Task.sleep(for: .milliseconds(backoff.next(using: &generator)))
        }
    }

    private func open(_ name: String) async throws(RedisFailure) -> RedisConnection {
        try await connector.open(name: name, timeout: settings.timeout, on: loop)
    }

    private func subscribe(
        _ connection: RedisConnection, _ notifications: NotificationAssurance
    ) async throws(RedisFailure) {
        let failure: RedisFailure? = await withCheckedContinuation { continuation in
            loop.execute {
                self.core.value.subscribe(connection.onLoop, notifications, on: self.loop) {
                    continuation.resume(returning: $0)
                }
            }
        }
        if let failure { throw failure }
    }

    // MARK: notify-keyspace-events

    /// Reads the flags and adds those that are missing, as far as the server and the operator allow it.
    private func assureNotifications(_ connection: RedisConnection) async throws(RedisFailure) -> NotificationAssurance
    {
        guard settings.invalidation != .tracking else { return .unused }
        let reply = try await connection.command(["CONFIG", "GET", NotificationFlags.parameter])
        guard let flags = NotificationFlags(reply: reply) else {
            logger.warning(
                """
                Redis does not let this user read its configuration, so sessiond cannot see whether changes are announced. \
                Make sure that redis.conf (or your provider's parameter group) has at least \
                `notify-keyspace-events "\(NotificationFlags.needed)"`.
                """,
                metadata: ["reply": "\(RedisFailure(refusing: "CONFIG", reply))"]
            )
            return .unverified
        }
        guard !flags.missing.isEmpty else { return .verified }
        // Quoted, since a shell would take "$x" for a variable.
        let advice = "CONFIG SET notify-keyspace-events '\(flags.completed)'"
        guard settings.mayConfigureRedis else {
            logger.warning(
                "Redis does not announce all changes by keyspace notifications; to have it do so, run: \(advice)")
            return .missing
        }
        let answer = try await connection.command(["CONFIG", "SET", NotificationFlags.parameter, flags.completed])
        guard case .status = answer else {
            logger.warning(
                "Redis does not announce all changes by keyspace notifications and does not let this user change that; have an administrator run: \(advice)",
                metadata: ["reply": "\(RedisFailure(refusing: "CONFIG", answer))"]
            )
            return .missing
        }
        logger.notice(
            "added the flags \(flags.missing) to Redis's notify-keyspace-events, which is now \(flags.completed)"
        )
        return .verified
    }
}
