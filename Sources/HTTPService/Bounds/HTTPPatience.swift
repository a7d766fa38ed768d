import NIOCore

/// Since when a client leaves something as it is, and whether that is too long. No clock: the time is passed in.
struct HTTPPatience {
    /// Why a connection is closed; the raw value is for figures.
    enum Fault: String, CaseIterable {
        /// It takes nothing of what waits for it.
        case slow
        /// It has begun a request and does not end its head.
        case unfinishedRequest = "unfinished_request"
        /// It asks nothing.
        case idle
    }

    private let unreadMax: TimeAmount?
    private let headMax: TimeAmount?
    private let idleMax: TimeAmount?
    private var standstill: (takenBytes: Int, since: NIODeadline)?
    private var headBegan: NIODeadline?
    private var idleSince: NIODeadline?

    init(_ limits: HTTPLimits, at now: NIODeadline) {
        unreadMax = Self.amount(limits.unreadMilliseconds)
        headMax = Self.amount(limits.headMilliseconds)
        idleMax = Self.amount(limits.idleMilliseconds)
        idleSince = now
    }

    private static func amount(_ milliseconds: Int64) -> TimeAmount? {
        milliseconds > 0 ? .milliseconds(milliseconds) : nil
    }

    /// How often to look; nil where a client may take all the time that it wants. A quarter of the shortest time, so nobody is closed
    /// later than after five quarters of it.
    var lookInterval: TimeAmount? {
        [unreadMax, headMax, idleMax].compactMap(\.self).min().map { .nanoseconds(max(1_000_000, $0.nanoseconds / 4)) }
    }

    /// Bytes have come.
    mutating func heard(at now: NIODeadline) {
        if headBegan == nil, idleSince != nil { headBegan = now }
    }

    /// A request is there: it is the daemon's turn.
    mutating func requested() {
        headBegan = nil
        idleSince = nil
    }

    /// The request was answered: it is the client's turn.
    mutating func answered(at now: NIODeadline) {
        idleSince = now
    }

    /// What is wrong at this moment.
    ///
    /// - Parameters:
    ///   - unreadBytes: that wait to be taken by the client.
    ///   - takenBytes: that it has taken so far.
    mutating func look(unreadBytes: Int, takenBytes: Int, at now: NIODeadline) -> Fault? {
        if unreadBytes == 0 {
            standstill = nil
        } else if standstill?.takenBytes != takenBytes {
            standstill = (takenBytes, now)
        }
        if let unreadMax, let standstill, now - standstill.since >= unreadMax { return .slow }
        if let headBegan {
            if let headMax, now - headBegan >= headMax { return .unfinishedRequest }
        } else if let idleMax, let idleSince, now - idleSince >= idleMax {
            return .idle
        }
        return nil
    }
}
