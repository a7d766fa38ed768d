import JSONRPC
import NIOCore

/// A connection beyond the limit: it is told so in one line, and closed. Nothing of it is read.
final class RefusedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// When it may be worth to connect again.
    private static var retryAfterMilliseconds: Int { 1000 }

    func channelActive(context: ChannelHandlerContext) {
        var line: [UInt8] = []
        let error = RPCError.overloaded(retryAfterMilliseconds: Self.retryAfterMilliseconds)
        AnswerLine.failure(.null, error, to: &line)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: line)), promise: nil)
        // The line fits into the buffer of a new socket, so it is with the peer by now.
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
