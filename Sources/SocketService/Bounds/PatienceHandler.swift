import NIOCore
import SessionModel

/// Closes a peer that holds a connection up: see ``PeerPatience``. Confined to the channel's event loop.
///
/// A connection on which nothing stands still has no timer: ten thousand idle ones cost none.
final class PatienceHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var patience: PeerPatience
    private let interval: TimeAmount
    private let isWaiting: () -> Bool
    private let closed: (PeerPatience.Fault) -> Void
    private var writtenBytes = 0
    private var isLookScheduled = false
    private var context: ChannelHandlerContext?

    /// Nil where a peer may take all the time that it wants.
    ///
    /// - Parameters:
    ///   - isWaiting: whether the peer waits for an answer or listens to events.
    ///   - closed: hears why the connection is closed.
    init?(
        _ limits: Limits, isWaiting: @escaping () -> Bool, closed: @escaping (PeerPatience.Fault) -> Void
    ) {
        patience = PeerPatience(limits, at: .now())
        guard let interval = patience.lookInterval else { return nil }
        self.interval = interval
        self.isWaiting = isWaiting
        self.closed = closed
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if patience.limitsIdleness { lookLater(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let endsThere = bytes.getInteger(at: bytes.writerIndex - 1, as: UInt8.self) == 0x0A
        // The usual case costs no look at the clock.
        if !endsThere || patience.limitsIdleness {
            let holdsEnd = endsThere || bytes.readableBytesView.contains(0x0A)
            if patience.heard(holdsEnd: holdsEnd, endsThere: endsThere, at: .now()) { lookLater(context) }
        } else {
            patience.lineEnded()
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { patience.lineEnded() }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writtenBytes += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
        if patience.limitsOutput { lookLater(context) }
    }

    private func lookLater(_ context: ChannelHandlerContext) {
        guard !isLookScheduled else { return }
        isLookScheduled = true
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { [weak self] in self?.look() }
    }

    private func look() {
        isLookScheduled = false
        guard let context, let options = context.channel.syncOptions else { return }
        let unreadBytes = (try? options.getOption(.bufferedWritableBytes)) ?? 0
        let standing = PeerPatience.Standing(
            unreadBytes: unreadBytes, takenBytes: writtenBytes - unreadBytes,
            isReading: (try? options.getOption(.autoRead)) ?? true, isWaiting: isWaiting()
        )
        if let fault = patience.look(standing, at: .now()) {
            closed(fault)
            context.close(promise: nil)
        } else if patience.isAnythingPending {
            lookLater(context)
        }
    }
}
