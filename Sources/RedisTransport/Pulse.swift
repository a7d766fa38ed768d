import NIOCore

/// PINGs a connection at an interval, tells of each answer when its question was sent, and ends a connection that stays
/// silent. Confined to the connection's event loop.
final class Pulse {
    private let handler: RedisChannelHandler
    private let loop: NIOIsolatedEventLoop
    private let interval: TimeAmount
    private let timeout: TimeAmount
    private let felt: (Beat) -> Void
    private var isStopped = false
    /// When the newest PING was sent that was answered.
    private var answered: NIODeadline?

    /// An answered PING.
    struct Beat {
        let sentAt: NIODeadline
        /// When the newest PING was sent that had been answered before this one was sent; nil for none.
        let previous: NIODeadline?
    }

    /// - Parameters:
    ///   - timeout: how long nothing may be heard while something is expected.
    ///   - felt: called on the loop for every answered PING.
    init(
        of handler: RedisChannelHandler, every interval: TimeAmount, timeout: TimeAmount, on loop: any EventLoop,
        felt: @escaping (Beat) -> Void
    ) {
        self.handler = handler
        self.loop = loop.assumeIsolated()
        self.interval = interval
        self.timeout = timeout
        self.felt = felt
        beat()
    }

    func stop() {
        isStopped = true
    }

    /// PINGs at once, besides the interval.
    func beatNow() {
        guard !isStopped else { return }
        ping(at: .now())
    }

    private func beat() {
        guard !isStopped else { return }
        let now = NIODeadline.now()
        guard handler.silence(at: now) < timeout else {
            return handler.close(.silent(seconds: Int(timeout.nanoseconds / 1_000_000_000)))
        }
        ping(at: now)
        _ = loop.scheduleTask(in: interval) { [weak self] in self?.beat() }
    }

    private func ping(at now: NIODeadline) {
        let beat = Beat(sentAt: now, previous: answered)
        handler.send([[Array("PING".utf8)]]) { [weak self] result in
            guard let self, case .success = result else { return }
            answered = beat.sentAt
            felt(beat)
        }
    }
}
