package import Listening
package import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import SessionModel

/// Serves HTTP for as long as it runs.
package final class HTTPServer: Service {
    private let socket: ListeningSocket
    private let backend: HTTPBackend
    private let group: any EventLoopGroup
    private let logger: Logger

    /// - Parameters:
    ///   - socket: bound; the server closes it and removes its file, if it has one, at the end.
    ///   - group: the event loops that share the connections.
    package init(socket: ListeningSocket, backend: HTTPBackend, group: any EventLoopGroup, logger: Logger) {
        self.socket = socket
        self.backend = backend
        self.group = group
        self.logger = logger
    }

    package func run() async throws {
        let backend = backend
        let limits = backend.settings.limits
        let open = OpenChannels()
        let log = HTTPLog(logger)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: ListeningSocket.backlogCountMax)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: limits.unreadBytesMax / 8, high: limits.unreadBytesMax)
            )
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 8192)
            )
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause { log.acceptFailed($0) })
                }
            }
            .childChannelInitializer { channel in
                open.add(channel)
                return channel.eventLoop.makeCompletedFuture { try Self.admit(channel, backend, log) }
            }
            .withBoundSocket(socket.descriptor)
            .get()
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                try? await server.closeFuture.get()
            } onCancel: {
                // First the file: once nobody listens, it may be a successor's.
                self.socket.removeFile()
                server.close(promise: nil)
            }
        }
        logger.debug("the HTTP door takes no more connections")
        await open.closeAll()
    }

    /// Gives a new channel its handlers: those of a connection, or the one that refuses it. On the channel's loop.
    private static func admit(_ channel: any Channel, _ backend: HTTPBackend, _ log: HTTPLog) throws {
        let (limits, figures) = (backend.settings.limits, backend.figures)
        let admission = figures.admit(max: limits.connectionsMax)
        channel.closeFuture.whenComplete { _ in figures.released(admission) }
        switch admission {
        case .admitted: try configure(channel, backend)
        case .refused:
            log.refused()
            try channel.pipeline.syncOperations.addHandler(RefusedHTTPConnection())
        case .dropped:
            log.refused()
            throw ChannelError.operationUnsupported
        }
    }

    private static func configure(_ channel: any Channel, _ backend: HTTPBackend) throws {
        let (limits, figures) = (backend.settings.limits, backend.figures)
        let patience = HTTPPatienceHandler(limits) { figures.closed($0) }
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headBytesMax
        decoding.maxHeaderListSize = limits.headBytesMax
        decoding.maxHeaderFieldCount = limits.headFieldCountMax
        let handlers: [any ChannelHandler] = [
            patience,
            HTTPResponseEncoder(),
            ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoding)),
            HTTPServerPipelineHandler(),
            NIOHTTPResponseHeadersValidator(),
            HTTPConnection(backend: backend, patience: patience),
        ]
        try channel.pipeline.syncOperations.addHandlers(handlers)
    }
}
