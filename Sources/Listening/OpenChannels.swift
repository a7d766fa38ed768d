package import NIOCore
import Synchronization

/// The connections that are open, so that a stop can close them.
package final class OpenChannels: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    package init() {}

    /// Keeps the channel until it closes by itself.
    package func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.channels.withLock { _ = $0.removeValue(forKey: id) }
        }
    }

    package func closeAll() async {
        for channel in channels.withLock({ Array($0.values) }) {
            try? await channel.close().get()
        }
    }
}
