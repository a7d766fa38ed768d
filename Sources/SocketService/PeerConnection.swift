import JSONRPC
import NIOCore
import SessionModel
import Synchronization

/// One client's connection: lines in, answers and events out. Confined to the channel's event loop.
///
/// All lines of one read are answered in one write. A peer that does not read stops being read itself: its answers wait
/// in the socket, not here.
final class PeerConnection<Lookup: SessionLookup, Log: EventLog>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let backend: SocketBackend<Lookup, Log>
    let peer: Peer
    let rights: Rights
    private(set) var events: EventFeed<Log>
    private var framer: LineFramer
    private var output: [UInt8] = []
    private var context: ChannelHandlerContext?
    /// Requests whose answers come later.
    private var waitingCount = 0
    private var isAnswerScheduled = false
    private var ending = Ending.none

    /// Output beyond this is written before further lines are read, in bytes.
    private static var outputBytesMax: Int { 256 * 1024 }

    private enum Ending {
        case none
        /// The peer sends no more; what it sent is answered.
        case inputClosed
        /// A line was too long: told after the earlier answers, and that is the end.
        case lineTooLong
        case closing
    }

    init(backend: SocketBackend<Lookup, Log>, peer: Peer) {
        self.backend = backend
        self.peer = peer
        rights = backend.policy.rights(of: peer)
        events = EventFeed(log: backend.log, figures: backend.figures)
        framer = LineFramer(lineBytesMax: backend.limits.requestBytesMax)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        backend.figures.connections.wrappingAdd(1, ordering: .relaxed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        backend.figures.connections.wrappingSubtract(1, ordering: .relaxed)
        events.removeAll()
        self.context = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { framer.append($0) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Not within this call: a write may find the peer gone and close the channel, which NIO, in the middle of
        // reading the end of the input, does not expect.
        answerSoon()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent, case .none = ending {
            ending = .inputClosed
            answerSoon()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: context.channel.isWritable).whenComplete { _ in }
        if context.channel.isWritable { answerSoon() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Requests

    /// Answers the lines that are there, as far as the peer takes the answers.
    private func answerLines() {
        guard let context else { return }
        while context.channel.isWritable {
            while output.count < Self.outputBytesMax, isReading, let line = framer.nextLine() { answer(line) }
            if output.isEmpty { events.pump(to: &output, bytesMax: Self.outputBytesMax) }
            guard !output.isEmpty else { break }
            flush(context)
        }
        endIfDone(context)
    }

    private var isReading: Bool {
        switch ending {
        case .none, .inputClosed: true
        case .lineTooLong, .closing: false
        }
    }

    private func answer(_ line: LineFramer.Line) {
        guard case .line(let bytes) = line else {
            ending = .lineTooLong
            return
        }
        switch RequestLine.parse(bytes, depthMax: backend.limits.jsonDepthMax) {
        case .single(let request):
            answer(request) { $0.map(ReplyAddress.line) ?? .nowhere }
        case .batch(let requests):
            let batch = BatchInProgress(count: requests.count)
            for request in requests {
                answer(request) { id in
                    guard let id else {
                        batch.missing -= 1
                        return .nowhere
                    }
                    return .batch(batch, id)
                }
            }
            finish(batch)
        }
    }

    private func answer(_ request: Result<Request, InvalidRequest>, address: (RawID?) -> ReplyAddress) {
        backend.figures.requests.wrappingAdd(1, ordering: .relaxed)
        switch request {
        case .failure(let invalid): reply(.failure(invalid.error), to: address(invalid.id))
        case .success(let request):
            let address = address(request.id)
            if case .nowhere = address { return }
            switch perform(request, for: address) {
            case .result(let result): reply(.success(result), to: address)
            case .failure(let error): reply(.failure(error), to: address)
            case .later: waitingCount += 1
            }
        }
    }

    private func perform(_ request: Request, for address: ReplyAddress) -> MethodOutcome {
        guard let method = Method(rawValue: request.method.string) else { return .failure(.methodNotFound) }
        let right = method.right(namesKey: request.params.names("session_key"))
        guard rights.isSuperset(of: right) else {
            backend.figures.refusals.wrappingAdd(1, ordering: .relaxed)
            return .failure(.forbidden(right: right.subtracting(rights).names.joined()))
        }
        do throws(RPCError) {
            return try perform(method, request.params, for: address)
        } catch {
            return .failure(error)
        }
    }

    /// Room for one more answer that comes later, or `overloaded`.
    func reserveWaitingPlace() throws(RPCError) {
        guard waitingCount < backend.limits.waitingLookupsPerConnectionMax else {
            throw .overloaded(retryAfterMilliseconds: 100)
        }
    }

    /// Opens a subscription; its events begin after the answer at `address`.
    func subscribe(_ filter: EventFilter, from start: EventStart?, for address: ReplyAddress) throws(RPCError)
        -> [UInt8]
    {
        guard events.count < backend.limits.subscriptionsPerConnectionMax else {
            throw .overloaded(retryAfterMilliseconds: 1000)
        }
        guard let context else { return [] }
        if !events.isWatching { watch(context) }
        let batch: BatchInProgress? = if case .batch(let batch, _) = address { batch } else { nil }
        return try events.subscribe(filter, from: start, after: batch)
    }

    func unsubscribe(_ number: Int) -> Bool {
        events.remove(number)
    }

    private func watch(_ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let connection = NIOLoopBound(self, eventLoop: loop)
        events.watch { loop.execute { connection.value.eventsAdded() } }
        beat(loop.assumeIsolated())
    }

    private func eventsAdded() {
        events.wakeTaken()
        answerLines()
    }

    private func beat(_ loop: NIOIsolatedEventLoop) {
        _ = loop.scheduleTask(in: .seconds(Int64(backend.limits.heartbeatSeconds))) { [weak self] in
            guard let self, context != nil else { return }
            answerLines()
            events.beat(to: &output)
            answerSoon()
            beat(loop)
        }
    }

    // MARK: Answers

    /// Gives the answer to a request that had to wait. Callable on any thread.
    func replier(to address: ReplyAddress) -> @Sendable (Result<[UInt8], RPCError>) -> Void {
        guard let loop = context?.eventLoop else { return { _ in } }
        let waiting = NIOLoopBound((connection: self, address: address), eventLoop: loop)
        return { result in
            loop.execute {
                let connection = waiting.value.connection
                connection.waitingCount -= 1
                connection.reply(result, to: waiting.value.address)
                connection.answerSoon()
            }
        }
    }

    private func reply(_ result: Result<[UInt8], RPCError>, to address: ReplyAddress) {
        switch address {
        case .nowhere: return
        case .line(let id):
            switch limited(result, taken: 0) {
            case .success(let result): AnswerLine.success(id, result: result, to: &output)
            case .failure(let error): AnswerLine.failure(id, error, to: &output)
            }
        case .batch(let batch, let id):
            switch limited(result, taken: batch.answer.byteCount) {
            case .success(let result): batch.answer.success(id, result: result)
            case .failure(let error): batch.answer.failure(id, error)
            }
            batch.missing -= 1
            finish(batch)
        }
    }

    /// An answer that would be longer than a line may be becomes an error.
    private func limited(_ result: Result<[UInt8], RPCError>, taken: Int) -> Result<[UInt8], RPCError> {
        guard case .success(let bytes) = result, bytes.count + taken > backend.limits.answerBytesMax - 4096 else {
            return result
        }
        return .failure(.internalError)
    }

    private func finish(_ batch: BatchInProgress) {
        guard batch.missing == 0, !batch.isFinished else { return }
        batch.isFinished = true
        batch.answer.finish(to: &output)
        events.begin(after: batch)
    }

    private func answerSoon() {
        guard !isAnswerScheduled, let context else { return }
        isAnswerScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isAnswerScheduled = false
            answerLines()
        }
    }

    private func flush(_ context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(bytes: output)
        // Forgotten before it is written: writing can change the channel's writability, which leads back here.
        output.removeAll(keepingCapacity: output.count < Self.outputBytesMax)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func endIfDone(_ context: ChannelHandlerContext) {
        guard waitingCount == 0, output.isEmpty, context.channel.isWritable else { return }
        switch ending {
        case .none, .closing: return
        case .inputClosed: guard events.count == 0 else { return }
        case .lineTooLong:
            let error = RPCError.lineTooLong(limitBytes: backend.limits.requestBytesMax)
            AnswerLine.failure(.null, error, to: &output)
        }
        ending = .closing
        let last = context.eventLoop.makePromise(of: Void.self)
        last.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        let buffer = context.channel.allocator.buffer(bytes: output)
        output = []
        context.writeAndFlush(wrapOutboundOut(buffer), promise: last)
    }
}
