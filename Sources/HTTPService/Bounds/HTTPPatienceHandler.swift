import NIOCore

/// Closes a client that holds a connection up: see ``HTTPPatience``. The first handler of its channel; confined to its event loop.
final class HTTPPatienceHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var patience: HTTPPatience
    private let closed: (HTTPPatience.Fault) -> Void
    private var writtenBytes = 0
    private var isAnswering = false
    private var context: ChannelHandlerContext?

    /// - Parameter closed: hears why the connection is closed.
    init(_ limits: HTTPLimits, closed: @escaping (HTTPPatience.Fault) -> Void) {
        patience = HTTPPatience(limits, at: .now())
        self.closed = closed
    }

    func requested() {
        patience.requested()
        isAnswering = true
    }

    func answered() {
        patience.answered(at: .now())
        isAnswering = false
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lookLater(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        patience.heard(at: .now())
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writtenBytes += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    private func lookLater(_ context: ChannelHandlerContext) {
        guard let interval = patience.lookInterval else { return }
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { [weak self] in self?.look() }
    }

    private func look() {
        guard let context else { return }
        let unreadBytes = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        guard
            let fault = patience.look(
                unreadBytes: unreadBytes, takenBytes: writtenBytes - unreadBytes, at: .now())
        else { return lookLater(context) }
        closed(fault)
        if fault == .unfinishedRequest, !isAnswering {
            let buffer = context.channel.allocator.buffer(bytes: BareAnswer.requestTimeout)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        context.close(promise: nil)
    }
}
