import NIOCore
import SessionModel

/// Since when a peer leaves something as it is, and whether that is too long.
struct PeerPatience {
    /// Why a peer is closed; the raw value is for the log.
    enum Fault: String, CaseIterable {
        /// It takes nothing of what waits for it.
        case slow = "it reads nothing of what waits for it (--unread-timeout)"
        /// It has begun a line and does not end it.
        case unfinishedLine = "it leaves a line unfinished (--line-timeout)"
        /// It has no subscription and sends nothing.
        case idle = "it is idle (--idle-timeout)"
    }

    /// How a connection stands when it is looked at.
    struct Standing {
        /// Bytes that wait to be taken by the peer.
        var unreadBytes: Int
        /// Bytes that it has taken so far.
        var takenBytes: Int
        /// Whether the daemon takes what the peer sends.
        var isReading: Bool
        /// Whether the peer waits for an answer or listens to events.
        var isWaiting: Bool
    }

    private let unreadMax: TimeAmount?
    private let lineMax: TimeAmount?
    private let idleMax: TimeAmount?
    private var standstill: (takenBytes: Int, since: NIODeadline)?
    private var lineBegan: NIODeadline?
    private var lastHeard: NIODeadline

    init(_ limits: Limits, at now: NIODeadline) {
        unreadMax = Self.amount(limits.unreadMilliseconds)
        lineMax = Self.amount(limits.unfinishedLineMilliseconds)
        idleMax = Self.amount(limits.idleMilliseconds)
        lastHeard = now
    }

    private static func amount(_ milliseconds: Int64) -> TimeAmount? {
        milliseconds > 0 ? .milliseconds(milliseconds) : nil
    }

    /// How often to look; nil where a peer may take all the time that it wants. A quarter of the shortest time, so nobody is closed
    /// later than after five quarters of it.
    var lookInterval: TimeAmount? {
        [unreadMax, lineMax, idleMax].compactMap(\.self).min().map { .nanoseconds(max(1_000_000, $0.nanoseconds / 4)) }
    }

    var limitsOutput: Bool { unreadMax != nil }
    var limitsIdleness: Bool { idleMax != nil }

    /// Bytes have come.
    ///
    /// - Parameters:
    ///   - holdsEnd: a line ends in them.
    ///   - endsThere: the last of them is the end of a line.
    /// - Returns: Whether to look again.
    mutating func heard(holdsEnd: Bool, endsThere: Bool, at now: NIODeadline) -> Bool {
        lastHeard = now
        guard lineMax != nil else { return false }
        if endsThere {
            lineBegan = nil
        } else if holdsEnd || lineBegan == nil {
            lineBegan = now
        }
        return lineBegan != nil
    }

    /// No line is begun: the last byte ended one, or the peer sends no more and what it has begun is dropped.
    mutating func lineEnded() {
        lineBegan = nil
    }

    /// What is wrong at this moment.
    mutating func look(_ standing: Standing, at now: NIODeadline) -> Fault? {
        // The end of the line may be there, and nobody reads it: that is not the peer's fault.
        if lineBegan != nil, !standing.isReading { lineBegan = now }
        if standing.unreadBytes == 0 {
            standstill = nil
        } else if standstill?.takenBytes != standing.takenBytes {
            standstill = (standing.takenBytes, now)
        }
        if standing.isWaiting || !standing.isReading { lastHeard = now }
        if let unreadMax, let standstill, now - standstill.since >= unreadMax { return .slow }
        if let lineMax, let lineBegan, now - lineBegan >= lineMax { return .unfinishedLine }
        if let idleMax, now - lastHeard >= idleMax { return .idle }
        return nil
    }

    /// Whether something stands still that may have to be looked at again.
    var isAnythingPending: Bool { standstill != nil || lineBegan != nil || idleMax != nil }
}
