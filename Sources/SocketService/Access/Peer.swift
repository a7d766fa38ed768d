import Glibc
import NIOCore
import SessionModel

/// Who is at the other end of a connection, as the kernel says: as it was when the connection was made.
struct Peer: Sendable {
    var pid: Int32
    var uid: UInt32
    var gid: UInt32
    /// Its supplementary groups.
    var groups: [UInt32] = []

    /// Asks the kernel. On the channel's loop.
    static func identify(_ channel: any Channel) -> EventLoopFuture<Peer> {
        credentials(of: channel).flatMapThrowing { credentials in
            var peer = Peer(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid)
            try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                peer.groups = groups(ofPeerOf: $0)
            }
            return peer
        }
    }

    /// `struct ucred` of unix(7), which Glibc's module does not show.
    private struct Credentials: Sendable {
        var pid: Int32
        var uid: UInt32
        var gid: UInt32
    }

    private static func credentials(of channel: any Channel) -> EventLoopFuture<Credentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }

    /// SO_PEERGROUPS, of Linux 4.13 and later; none where the kernel does not tell.
    private static func groups(ofPeerOf descriptor: CInt) -> [UInt32] {
        var groups = [UInt32](repeating: 0, count: 64)
        while true {
            var length = socklen_t(groups.count * MemoryLayout<UInt32>.size)
            let status = getsockopt(descriptor, SOL_SOCKET, peerGroupsOption, &groups, &length)
            let count = Int(length) / MemoryLayout<UInt32>.size
            if status == 0 { return Array(groups.prefix(count)) }
            // The length says how much room there should have been; a process has 65,536 groups at most.
            guard errno == ERANGE, count > groups.count, count <= 65_536 else { return [] }
            groups = [UInt32](repeating: 0, count: count)
        }
    }

    /// Source: include/uapi/asm-generic/socket.h of Linux.
    private static let peerGroupsOption: CInt = 59
}
