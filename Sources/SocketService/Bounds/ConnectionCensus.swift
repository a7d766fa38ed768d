import SessionModel
import Synchronization

/// How many connections there are, in all and of each user: one census for all sockets and their event loops.
final class ConnectionCensus: Sendable {
    private let counts = Mutex(ConnectionCounts())

    /// Counts a connection, unless there are too many already.
    ///
    /// - Parameter mayAll: whether the peer may do everything.
    func admit(_ uid: UInt32, mayAll: Bool, _ limits: Limits) -> ConnectionCounts.Refusal? {
        counts.withLock { $0.admit(uid, mayAll: mayAll, limits) }
    }

    /// A connection that was admitted has ended.
    func release(_ uid: UInt32) {
        counts.withLock { $0.release(uid) }
    }
}

/// Connections, counted.
struct ConnectionCounts {
    private(set) var total = 0
    private var byUID: [UInt32: Int] = [:]

    /// Which of the limits is reached; the raw value is for the log.
    enum Refusal: String {
        case ofUser = "--max-connections-per-uid"
        case inAll = "--max-connections"
    }

    mutating func admit(_ uid: UInt32, mayAll: Bool = false, _ limits: Limits) -> Refusal? {
        guard byUID[uid, default: 0] < limits.connectionsPerUIDMax else { return .ofUser }
        guard total < limits.connectionsMax - (mayAll ? 0 : limits.connectionsReserved) else { return .inAll }
        total += 1
        byUID[uid, default: 0] += 1
        return nil
    }

    mutating func release(_ uid: UInt32) {
        guard let count = byUID[uid] else { return }
        total -= 1
        byUID[uid] = count > 1 ? count - 1 : nil
    }
}
