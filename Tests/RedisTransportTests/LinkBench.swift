import Logging
import NIOCore
import NIOPosix
import SessionModel
import TestSupport

@testable import RedisTransport

/// A link that runs, and what it told.
final class LinkBench: Sendable {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let consumer: NIOLoopBound<RecordingConsumer>
    private let task: Task<Void, Never>

    init(_ redis: PrivateRedis, user: String? = nil) async throws {
        let endpoint = RedisEndpoint(
            address: .unix(path: redis.socketPath), user: user, password: user.map { _ in "p" }
        )
        let settings = LinkSettings(
            endpoint: endpoint, keyPattern: .default, stalenessMax: 200, timeout: .seconds(60),
            mayConfigureRedis: true
        )
        let loop = loop
        let parts = try await loop.submit {
            let consumer = RecordingConsumer()
            let link = RedisLink(
                settings: settings, consumer: consumer, loop: loop,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            consumer.fetch = { [unowned link] in link.fetch($0) }
            consumer.fetchWhole = { [unowned link] in link.fetchWhole($0, completion: $1) }
            return (link: link, consumer: NIOLoopBound(consumer, eventLoop: loop))
        }.get()
        consumer = parts.consumer
        task = Task { await parts.link.run() }
    }

    deinit {
        task.cancel()
    }

    func stop() async {
        task.cancel()
        await task.value
    }

    /// Reads what the consumer has written down.
    func told<Value: Sendable>(_ read: @escaping @Sendable (RecordingConsumer) -> Value) async throws -> Value {
        let consumer = consumer
        return try await loop.submit { read(consumer.value) }.get()
    }

    func count(_ call: String) async throws -> Int {
        try await told { $0.calls.filter { $0 == call }.count }
    }

    func live(_ times: Int = 1) async throws {
        try await eventually("scan \(times)") { try await self.count("scan ended") >= times }
    }
}
