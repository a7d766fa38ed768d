import Synchronization

/// What the door counts.
package final class HTTPFigures: Sendable {
    private let state = Mutex(Values())

    package init() {}

    /// What there is, and what has happened since the start.
    struct Values: Sendable {
        var connections = 0
        /// Connections that are being told that there are too many.
        var refusing = 0
        var waiting = 0
        var streams = 0
        /// Long answers that are asked for or not read yet.
        var pages = 0
        var answers: [Kind: Int] = [:]
        var refusedConnections = 0
        var faults: [HTTPPatience.Fault: Int] = [:]
    }

    /// What was asked for, by a word of this code and never of a client's, and how it was answered.
    struct Kind: Hashable {
        var route: String
        var status: Int
    }

    var values: Values { state.withLock { $0 } }

    /// What becomes of a new connection.
    enum Admission {
        case admitted
        /// There are too many: it is told so. That takes a moment, in which it is counted.
        case refused
        /// There are too many even of those.
        case dropped
    }

    /// How many connections may be told that there are too many, at a time.
    package static let refusingMax = 64

    func admit(max: Int) -> Admission {
        state.withLock { values in
            if values.connections < max {
                values.connections += 1
                return .admitted
            }
            values.refusedConnections += 1
            guard values.refusing < Self.refusingMax else { return .dropped }
            values.refusing += 1
            return .refused
        }
    }

    /// A connection has ended.
    func released(_ admission: Admission) {
        state.withLock { values in
            switch admission {
            case .admitted: values.connections -= 1
            case .refused: values.refusing -= 1
            case .dropped: break
            }
        }
    }

    /// Counts a request that waits for its answer, unless there are too many already. It may outlive its connection.
    func beginWaiting(max: Int) -> Bool {
        state.withLock { values in
            guard values.waiting < max else { return false }
            values.waiting += 1
            return true
        }
    }

    func endWaiting() {
        state.withLock { $0.waiting -= 1 }
    }

    /// Counts a stream of events, unless there are too many already.
    func openStream(max: Int) -> Bool {
        state.withLock { values in
            guard values.streams < max else { return false }
            values.streams += 1
            return true
        }
    }

    func streamClosed() {
        state.withLock { $0.streams -= 1 }
    }

    /// Counts a long answer, unless there are too many already.
    func openPage(max: Int) -> Bool {
        state.withLock { values in
            guard values.pages < max else { return false }
            values.pages += 1
            return true
        }
    }

    func pageClosed() {
        state.withLock { $0.pages -= 1 }
    }

    /// - Parameter route: nil where nothing is at the path, or none was read.
    func answered(_ route: Route?, status: Int) {
        state.withLock { $0.answers[Kind(route: route?.rawValue ?? "none", status: status), default: 0] += 1 }
    }

    func closed(_ fault: HTTPPatience.Fault) {
        state.withLock { $0.faults[fault, default: 0] += 1 }
    }
}
