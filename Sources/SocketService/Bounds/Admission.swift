import NIOCore
import SessionModel

/// Lets a peer in, if there is room.
enum Admission {
    /// Gives a new channel its handlers: those of a connection, or the one that refuses it. On the channel's loop.
    ///
    /// - Parameter mayAll: whether the peer may do everything.
    static func admit(
        _ peer: Peer, mayAll: Bool, on channel: any Channel, _ backend: SocketBackend, _ log: BoundsLog,
        _ makeConnection: () -> PeerConnection
    ) throws {
        let figures = backend.figures
        if let refusal = figures.census.admit(peer.uid, mayAll: mayAll, backend.limits) {
            figures.connectionRefused()
            log.refused(peer, refusal)
            return try channel.pipeline.syncOperations.addHandler(RefusedConnection())
        }
        channel.closeFuture.whenComplete { _ in figures.census.release(peer.uid) }
        let connection = makeConnection()
        let patience = PatienceHandler(backend.limits, isWaiting: { connection.isWaiting }) { fault in
            figures.closed(fault)
            log.closed(peer, fault)
        }
        if let patience { try channel.pipeline.syncOperations.addHandler(patience) }
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    /// NIO keeps the buffer of a connection's last read for the next one, so idle connections would hold what their longest request took:
    /// most requests fit into the smallest of these, and more than the largest costs a read more.
    static var readBuffers: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 8192)
    }

    /// Beyond the higher mark a peer is not read, until it has taken its output down to the lower one.
    static func waterMark(_ limits: Limits) -> ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: max(1, limits.unreadBytesMax / 8), high: max(1, limits.unreadBytesMax))
    }
}
