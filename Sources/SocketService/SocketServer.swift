package import Listening
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
import SessionModel

/// Serves the Unix socket for as long as it runs.
package final class SocketServer: Service {
    private let socket: ListeningSocket
    private let access: AccessControl
    private let backend: SocketBackend
    private let group: any EventLoopGroup
    private let logger: Logger

    /// - Parameters:
    ///   - socket: bound; the server closes it and removes its file at the end.
    ///   - access: who may do what there.
    ///   - group: the event loops that share the connections.
    package init(
        socket: ListeningSocket, access: AccessControl, backend: SocketBackend, group: any EventLoopGroup,
        logger: Logger
    ) {
        self.socket = socket
        self.access = access
        self.backend = backend
        self.group = group
        self.logger = logger
    }

    package func run() async throws {
        let (backend, access) = (backend, access)
        let quiescing = OpenChannels()
        let boundsLog = BoundsLog(logger)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: ListeningSocket.backlogCountMax)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: Admission.waterMark(backend.limits))
            .childChannelOption(.recvAllocator, value: Admission.readBuffers)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pause = AcceptPause { error in
                        backend.figures.acceptFailed()
                        boundsLog.acceptFailed(error)
                    }
                    try channel.pipeline.syncOperations.addHandler(pause)
                }
            }
            .childChannelInitializer { channel in
                quiescing.add(channel)
                return Peer.identify(channel).flatMapThrowing { peer in
                    let mayAll = access.grant(to: peer).rights == .all
                    try Admission.admit(peer, mayAll: mayAll, on: channel, backend, boundsLog) {
                        PeerConnection(backend: backend, access: access, peer: peer)
                    }
                }
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
        logger.debug("the socket takes no more connections")
        await quiescing.closeAll()
    }
}
