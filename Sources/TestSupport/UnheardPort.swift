import Glibc

/// A TCP port of this machine that is taken, so that nobody else is given it, and at which nobody listens.
package final class UnheardPort: Sendable {
    package let number: Int
    private let descriptor: CInt

    /// - Throws: ``Timeout`` where the system gives none.
    package init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        number = Int(UInt16(bigEndian: address.sin_port))
        guard status == 0 else { throw Timeout(description: "the system gives no port") }
    }

    deinit {
        close(descriptor)
    }
}
