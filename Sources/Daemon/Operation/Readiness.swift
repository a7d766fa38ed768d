import Foundation
import Glibc
import SessionModel
import Synchronization

/// Tells whoever started the daemon that it answers.
enum Readiness {
    private static let isAnnounced = Atomic(false)

    /// Prints a line that begins with `ready` and notifies the service manager, as sd_notify(3) describes.
    static func announce(_ words: String) {
        StandardError.write(Array("ready: \(words)\n".utf8))
        notify("READY=1\nSTATUS=\(words)")
        isAnnounced.store(true, ordering: .relaxed)
    }

    /// Tells the service manager that the configuration is read again, and returns what tells it that this is over.
    ///
    /// The end of a reload is told by `READY=1`: as long as the daemon has not been ready for the first time it would be taken for
    /// that, so there is nothing to tell.
    static func announceReload() -> () -> Void {
        guard isAnnounced.load(ordering: .relaxed) else { return {} }
        notify("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.now().uptime * 1000)")
        return { notify("READY=1") }
    }

    /// Sends a state to the datagram socket of `$NOTIFY_SOCKET`; nothing where there is none.
    ///
    /// - Parameter mayBeLost: whether to drop it rather than wait where the service manager does not take it.
    static func notify(_ state: String, mayBeLost: Bool = false) {
        guard let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"], !path.isEmpty else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8.prefix(MemoryLayout.size(ofValue: address.sun_path) - 1))
        // A path that begins with "@" is in the abstract namespace, where it begins with NUL.
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let flags = Int32(mayBeLost ? MSG_NOSIGNAL | MSG_DONTWAIT : MSG_NOSIGNAL)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, state, state.utf8.count, flags, $0, length)
            }
        }
    }
}
