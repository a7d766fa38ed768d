import NIOCore

/// Whole answers as bytes, for connections on which no HTTP is spoken yet.
enum BareAnswer {
    /// There are too many connections.
    static let tooManyConnections = bytes(
        "503 Service Unavailable", "there are too many connections", more: "Retry-After: 1\r\n")
    /// The head of a request did not come.
    static let requestTimeout = bytes("408 Request Timeout", "the request did not come in time")

    private static func bytes(_ status: String, _ sentence: String, more: String = "") -> [UInt8] {
        let head = """
            HTTP/1.1 \(status)\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Length: \(sentence.utf8.count + 1)\r
            Cache-Control: no-store\r
            \(more)Connection: close\r
            \r

            """
        return Array("\(head)\(sentence)\n".utf8)
    }
}

/// A connection beyond the limit: it is told so, and closed. Nothing of it is understood.
final class RefusedHTTPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the client has to read why.
    private static var linger: TimeAmount { .seconds(1) }

    func channelActive(context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(bytes: BareAnswer.tooManyConnections)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        context.close(mode: .output, promise: nil)
        // To close at once would throw away what was sent, where the request is here already.
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
