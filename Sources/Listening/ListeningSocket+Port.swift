import Glibc
package import NIOCore

extension ListeningSocket {
    /// Binds a TCP socket.
    ///
    /// - Parameter address: of IPv4 or IPv6; with port 0 the system chooses one, which ``place`` then tells.
    package static func bind(_ address: SocketAddress) throws(ListeningSocketError) -> ListeningSocket {
        let wanted = name(of: address)
        let family = address.protocol == .inet6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", wanted, errno) }
        // Connections of a daemon that has ended keep its port for a minute otherwise; a living one's cannot be taken.
        var yes: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        let isSet = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size) == 0
        guard isSet, address.withSockAddr({ Glibc.bind(descriptor, $0, socklen_t($1)) }) == 0 else {
            let code = errno
            close(descriptor)
            throw .system("bind", wanted, code)
        }
        guard listen(descriptor, backlogCountMax) == 0 else {
            let code = errno
            close(descriptor)
            throw .system("listen", wanted, code)
        }
        return ListeningSocket(descriptor: descriptor, place: boundPort(of: descriptor, at: address), file: nil)
    }

    /// `127.0.0.1:80`, `[::1]:80`.
    private static func name(of address: SocketAddress) -> String {
        let host = address.ipAddress ?? ""
        return (host.contains(":") ? "[\(host)]" : host) + ":\(address.port ?? 0)"
    }

    private static func boundPort(of descriptor: CInt, at address: SocketAddress) -> String {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { return name(of: address) }
        // The port stands at the same place in both families.
        let port = withUnsafeBytes(of: &storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
        var bound = address
        bound.port = Int(port)
        return name(of: bound)
    }
}
