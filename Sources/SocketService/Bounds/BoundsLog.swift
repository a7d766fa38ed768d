import Logging
import NIOCore
import SessionModel
import Synchronization

/// Tells the operator of limits that were reached: each kind once a minute at most, however often clients run into it.
final class BoundsLog: Sendable {
    private let logger: Logger
    private let lines = Mutex<[String: (at: NIODeadline, passedOver: Int)]>([:])

    private static let interval = TimeAmount.minutes(1)

    init(_ logger: Logger) {
        self.logger = logger
    }

    func refused(_ peer: Peer, _ refusal: ConnectionCounts.Refusal) {
        tell(
            refusal.rawValue, .warning, "a connection is refused: there are as many as \(refusal.rawValue) allows", peer
        )
    }

    func closed(_ peer: Peer, _ fault: PeerPatience.Fault) {
        tell(fault.rawValue, .notice, "a connection is closed: \(fault.rawValue)", peer)
    }

    func acceptFailed(_ error: any Error) {
        tell(
            "accept", .error,
            "cannot accept connections (\(error)), and tries again four times a second: raise the limit of open files (LimitNOFILE=, ulimit -n), or lower --max-connections",
            nil)
    }

    private func tell(_ kind: String, _ level: Logger.Level, _ text: String, _ peer: Peer?) {
        let now = NIODeadline.now()
        let passedOver: Int? = lines.withLock { lines in
            if let last = lines[kind], now - last.at < Self.interval {
                lines[kind]?.passedOver += 1
                return nil
            }
            defer { lines[kind] = (now, 0) }
            return lines[kind]?.passedOver ?? 0
        }
        guard let passedOver else { return }
        var metadata: Logger.Metadata = [:]
        if let peer { metadata = ["uid": "\(peer.uid)", "pid": "\(peer.pid)"] }
        if passedOver > 0 { metadata["more_since_the_last_line"] = "\(passedOver)" }
        logger.log(level: level, "\(text)", metadata: metadata)
    }
}
