import NIOCore
import NIOPosix
import TestSupport

/// A Unix socket between the daemon and Redis that does to their bytes what networks do to them.
final class FaultyProxy: Sendable {
    /// A connection of the daemon, which it names itself.
    enum Line: String, CaseIterable, Sendable {
        case asking = "sessiond-ask"
        case subscribing = "sessiond-subscribe"
    }

    enum Direction: CaseIterable, Sendable {
        case toRedis, fromRedis
    }

    /// What happens to bytes, also of connections that are made while it holds.
    enum Treatment: Sendable {
        case pass
        /// Not a byte arrives, nor the end of the connection: it is half-open. One that has lost bytes is lost for good; after
        /// healing new ones pass.
        case vanish
        /// After so many bytes the rest waits, at last in the sender.
        case hold(after: Int)
    }

    private let folder: TemporaryFolder
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let switchboard: NIOLoopBound<Switchboard>

    /// Listens, and connects to `redis` whenever somebody connects.
    init(to redis: PrivateRedis) async throws {
        folder = try TemporaryFolder()
        let loop = group.next()
        let path = redis.socketPath
        let switchboard = try await loop.submit {
            NIOLoopBound(Switchboard(redisPath: path, loop: loop), eventLoop: loop)
        }.get()
        self.switchboard = switchboard
        _ = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture { switchboard.value.accept(client) }
            }
            .bind(unixDomainSocketPath: folder.file("proxy.sock")).get()
    }

    deinit {
        group.shutdownGracefully { _ in }
    }

    var url: String { "unix://\(folder.file("proxy.sock"))?db=0" }

    /// Treats what these connections send in these directions so from now on.
    func treat(
        _ lines: [Line] = Line.allCases, _ directions: [Direction] = Direction.allCases, as treatment: Treatment
    ) async throws {
        try await switchboard.onLoop { $0.treat(lines, directions, as: treatment) }
    }

    /// Ends these connections at both ends.
    func cut(_ lines: [Line] = Line.allCases) async throws {
        try await switchboard.onLoop { $0.cut(lines) }
    }

    /// Whether bytes wait here because of ``Treatment/hold(after:)``.
    func isHolding() async throws -> Bool {
        try await switchboard.onLoop { $0.isHolding }
    }
}

extension NIOLoopBound {
    fileprivate func onLoop<Result: Sendable>(_ body: @escaping @Sendable (Value) -> Result) async throws -> Result {
        try await eventLoop.submit { body(value) }.get()
    }
}

/// All connections through a proxy. Confined to its loop.
private final class Switchboard {
    private let redisPath: String
    private let loop: any EventLoop
    private var connections: [RelayedConnection] = []
    private var treatments: [FaultyProxy.Line: [FaultyProxy.Direction: FaultyProxy.Treatment]] = [:]

    init(redisPath: String, loop: any EventLoop) {
        self.redisPath = redisPath
        self.loop = loop
    }

    var isHolding: Bool { connections.contains(where: \.isHolding) }

    func accept(_ client: any Channel) {
        // Redis says nothing before it is asked, so nothing is missed until the handlers are there.
        ClientBootstrap(group: loop).connect(unixDomainSocketPath: redisPath).assumeIsolated()
            .whenComplete { [self] result in
                guard let redis = try? result.get() else { return client.close(promise: nil) }
                connections.append(RelayedConnection(from: client, to: redis) { [unowned self] in treatment($0, $1) })
            }
    }

    private func treatment(_ line: FaultyProxy.Line?, _ direction: FaultyProxy.Direction) -> FaultyProxy.Treatment {
        line.flatMap { treatments[$0]?[direction] } ?? .pass
    }

    func treat(
        _ lines: [FaultyProxy.Line], _ directions: [FaultyProxy.Direction], as treatment: FaultyProxy.Treatment
    ) {
        for line in lines {
            for direction in directions { treatments[line, default: [:]][direction] = treatment }
        }
        for connection in connections { connection.treatmentChanged() }
    }

    func cut(_ lines: [FaultyProxy.Line]) {
        for connection in connections where connection.line.map(lines.contains) == true { connection.cut() }
    }
}

/// A connection to the proxy and the one to Redis that belongs to it. Confined to the proxy's loop.
private final class RelayedConnection {
    typealias Direction = FaultyProxy.Direction

    private(set) var line: FaultyProxy.Line?
    private let client: any Channel
    private let redis: any Channel
    private let treatment: (FaultyProxy.Line?, Direction) -> FaultyProxy.Treatment
    private var lanes: [Direction: Lane] = [.toRedis: Lane(), .fromRedis: Lane()]

    private struct Lane {
        var waiting = ByteBuffer()
        /// The sender has ended the connection; the receiver is told after what waits.
        var isEnded = false
        /// How much has passed under the present treatment.
        var passedCount = 0
        /// Bytes have vanished, so nothing can make sense any more.
        var isBroken = false
    }

    init(
        from client: any Channel, to redis: any Channel,
        treatment: @escaping (FaultyProxy.Line?, Direction) -> FaultyProxy.Treatment
    ) {
        (self.client, self.redis, self.treatment) = (client, redis, treatment)
        for (channel, direction) in [(client, Direction.toRedis), (redis, .fromRedis)] {
            let relay = Relay { [unowned self] in
                received($0, direction)
            } ended: { [unowned self] in
                ended(direction)
            }
            try? channel.pipeline.syncOperations.addHandler(relay)
        }
        if redis.isActive { read(client, true) } else { cut() }
    }

    var isHolding: Bool { lanes.values.contains { $0.waiting.readableBytes > 0 } }

    func treatmentChanged() {
        for direction in Direction.allCases {
            lanes[direction]?.passedCount = 0
            move(direction)
        }
    }

    func cut() {
        client.close(promise: nil)
        redis.close(promise: nil)
    }

    private func received(_ bytes: ByteBuffer, _ direction: Direction) {
        if line == nil, direction == .toRedis {
            line = FaultyProxy.Line.allCases.first { String(buffer: bytes).contains($0.rawValue) }
        }
        lanes[direction]?.waiting.writeImmutableBuffer(bytes)
        move(direction)
    }

    private func ended(_ direction: Direction) {
        lanes[direction]?.isEnded = true
        move(direction)
    }

    /// Passes on what may pass.
    private func move(_ direction: Direction) {
        guard var lane = lanes[direction] else { return }
        defer { lanes[direction] = lane }
        let (sender, receiver) = direction == .toRedis ? (client, redis) : (redis, client)
        switch treatment(line, direction) {
        case _ where lane.isBroken: lane.waiting.clear()
        case .vanish:
            lane.isBroken = lane.isEnded || lane.waiting.readableBytes > 0
            lane.waiting.clear()
        case .pass:
            pass(&lane, lane.waiting.readableBytes, to: receiver)
            read(sender, true)
        case .hold(let count):
            pass(&lane, min(lane.waiting.readableBytes, max(count - lane.passedCount, 0)), to: receiver)
            read(sender, lane.waiting.readableBytes == 0)
        }
        if lane.isEnded, !lane.isBroken, lane.waiting.readableBytes == 0 { receiver.close(promise: nil) }
    }

    private func pass(_ lane: inout Lane, _ count: Int, to receiver: any Channel) {
        guard count > 0, let bytes = lane.waiting.readSlice(length: count) else { return }
        lane.passedCount += count
        lane.waiting.discardReadBytes()
        receiver.writeAndFlush(bytes, promise: nil)
    }

    private func read(_ channel: any Channel, _ isOn: Bool) {
        try? channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}

/// Hears what one end of a connection sends.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: (ByteBuffer) -> Void
    private let ended: () -> Void

    init(received: @escaping (ByteBuffer) -> Void, ended: @escaping () -> Void) {
        (self.received, self.ended) = (received, ended)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
