import Glibc
import NIOCore
import SessionModel

/// Who is at the other end of a connection, as the kernel says.
///
/// Laid out as `struct ucred` of unix(7), which Glibc's module does not show.
struct Peer: Sendable {
    var pid: Int32
    var uid: UInt32
    var gid: UInt32

    /// Asks the kernel with SO_PEERCRED. On the channel's loop.
    static func credentials(of channel: any Channel) -> EventLoopFuture<Peer> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }
}

/// Who may do what.
package struct PeerPolicy: Sendable {
    private let daemonUID: UInt32

    /// - Parameter daemonUID: the user as whom the daemon runs.
    package init(daemonUID: UInt32) {
        self.daemonUID = daemonUID
    }

    /// The superuser and the daemon's own user may do everything; who else was let in by the file's mode may identify.
    func rights(of peer: Peer) -> Rights {
        peer.uid == 0 || peer.uid == daemonUID ? .all : .identify
    }
}
