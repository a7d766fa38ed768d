import Glibc
import NIOCore
import NIOPosix

/// Finds out whether an event loop has come to its sockets: one that only carries out tasks looks alive, and hears nothing.
final class SocketTurn: Sendable {
    private let channel: any Channel
    /// What is written here is read by the loop.
    private let otherEnd: CInt

    /// - Parameter reached: called on the loop, when it reads what ``begin()`` has written.
    static func open(on loop: any EventLoop, reached: @escaping @Sendable () -> Void) async throws -> SocketTurn {
        var ends: [CInt] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw IOError(errnoCode: errno, reason: "socketpair") }
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Reader(reached: reached))
                    }
                }
                .withConnectedSocket(ends[0]).get()
            return SocketTurn(channel: channel, otherEnd: ends[1])
        } catch {
            Glibc.close(ends[1])
            throw error
        }
    }

    private init(channel: any Channel, otherEnd: CInt) {
        self.channel = channel
        self.otherEnd = otherEnd
    }

    deinit {
        Glibc.close(otherEnd)
    }

    /// Callable on any thread. Where the loop has much of it to read already, nothing is added.
    func begin() {
        var byte: UInt8 = 0
        _ = Glibc.write(otherEnd, &byte, 1)
    }

    func close() {
        channel.close(promise: nil)
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let reached: @Sendable () -> Void

        init(reached: @escaping @Sendable () -> Void) {
            self.reached = reached
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            reached()
        }
    }
}
