import NIOCore
import NIOHTTP1
import SessionModel

/// Carries the events of a stream to a connection, as fast as its client takes them. Confined to the connection's event loop.
final class EventDelivery {
    private let wanted: EventRequest
    private let backend: HTTPBackend
    private var context: ChannelHandlerContext?
    private var stream: EventStream?
    private var ended: () -> Void = {}
    private var isTurnScheduled = false

    /// About how much is written at once, in bytes.
    private static var writeBytesMax: Int { 64 * 1024 }
    /// How often a turn reads the log: others wait for the loop.
    private static var turnReadsMax: Int { 16 }

    init(_ wanted: EventRequest, _ backend: HTTPBackend, _ context: ChannelHandlerContext) {
        self.wanted = wanted
        self.backend = backend
        self.context = context
    }

    /// - Parameter ended: called when nothing more will come.
    func begin(ended: @escaping () -> Void) {
        guard let context else { return }
        self.ended = ended
        var output: [UInt8] = []
        do throws(PositionLost) {
            let stream = try EventStream(wanted, of: backend.log)
            self.stream = stream
            stream.open(to: &output)
        } catch {
            EventStreamText.opening(position: nil, to: &output)
            EventStreamText.positionLost(error, newest: backend.log.position, to: &output)
            write(output)
            return ended()
        }
        write(output)
        let loop = context.eventLoop
        let delivery = NIOLoopBound(self, eventLoop: loop)
        stream?.watch { loop.execute { delivery.value.eventsAdded() } }
        beatLater(loop.assumeIsolated())
        deliverSoon()
    }

    func close() {
        guard context != nil else { return }
        context = nil
        stream?.close()
        stream = nil
        backend.figures.streamClosed()
    }

    private func eventsAdded() {
        stream?.wakeTaken()
        deliver()
    }

    /// Delivers after all that the loop has to do at once.
    func deliverSoon() {
        guard !isTurnScheduled, let context else { return }
        isTurnScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isTurnScheduled = false
            deliver()
        }
    }

    private func deliver() {
        guard let context, let stream, context.channel.isWritable else { return }
        var output: [UInt8] = []
        var readsLeft = Self.turnReadsMax
        var progress = EventStream.Progress.more
        while case .more = progress, readsLeft > 0, output.count < Self.writeBytesMax {
            progress = stream.pump(to: &output)
            readsLeft -= 1
        }
        write(output)
        carryOut(progress)
    }

    private func carryOut(_ progress: EventStream.Progress) {
        switch progress {
        case .waiting: break
        case .more: deliverSoon()
        case .fetch(let request): fetch(request)
        case .ended: ended()
        }
    }

    private func fetch(_ request: EventStream.FetchRequest) {
        guard let loop = context?.eventLoop else { return }
        let delivery = NIOLoopBound(self, eventLoop: loop)
        backend.log.read(from: request.start, matching: request.filter, limit: request.limit) { result in
            loop.execute { delivery.value.fetched(result) }
        }
    }

    private func fetched(_ result: Result<(EventBatch, EventFilter), EventReadError>) {
        guard let stream else { return }
        var output: [UInt8] = []
        let progress = stream.fetched(result, to: &output)
        write(output)
        carryOut(progress)
    }

    private func beatLater(_ loop: NIOIsolatedEventLoop) {
        _ = loop.scheduleTask(in: .milliseconds(backend.settings.limits.heartbeatMilliseconds)) { [weak self] in
            guard let self, let context, let stream else { return }
            // A client that does not take its events is no quiet one.
            if context.channel.isWritable {
                var output: [UInt8] = []
                stream.beat(to: &output)
                write(output)
                deliverSoon()
            }
            beatLater(loop)
        }
    }

    private func write(_ output: [UInt8]) {
        guard let context, !output.isEmpty else { return }
        let buffer = context.channel.allocator.buffer(bytes: output)
        context.writeAndFlush(
            NIOAny(HTTPServerResponsePart.body(.byteBuffer(buffer))), promise: nil)
    }
}
