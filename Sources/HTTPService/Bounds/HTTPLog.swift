import Logging
import NIOCore
import Synchronization

/// Tells the operator of limits that were reached: each kind once a minute at most, however often clients run into it.
final class HTTPLog: Sendable {
    private let logger: Logger
    private let told = Mutex<[String: NIODeadline]>([:])

    private static let interval = TimeAmount.minutes(1)

    init(_ logger: Logger) {
        self.logger = logger
    }

    func refused() {
        tell(.warning, "an HTTP connection is refused: there are as many as --max-http-connections allows")
    }

    func acceptFailed(_ error: any Error) {
        tell(.error, "cannot accept HTTP connections, and tries again four times a second: \(error)")
    }

    private func tell(_ level: Logger.Level, _ text: String) {
        let now = NIODeadline.now()
        let isDue = told.withLock { told in
            if let last = told[text], now - last < Self.interval { return false }
            told[text] = now
            return true
        }
        if isDue { logger.log(level: level, "\(text)") }
    }
}
