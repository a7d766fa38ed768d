import Synchronization

/// What the socket counts, for `server.status` and for its limits. All listening sockets share one.
package final class SocketFigures: Sendable {
    let connections = Atomic<Int>(0)
    let subscriptions = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let refusals = Atomic<Int>(0)
    let refusedConnections = Atomic<Int>(0)
    let slowPeers = Atomic<Int>(0)
    let unfinishedLines = Atomic<Int>(0)
    let idlePeers = Atomic<Int>(0)
    let acceptFailures = Atomic<Int>(0)
    let census = ConnectionCensus()
    let accounts = UserAccounts()

    package init() {}

    package var values: ClientFigures {
        ClientFigures(
            connections: connections.load(ordering: .relaxed), subscriptions: subscriptions.load(ordering: .relaxed),
            requests: requests.load(ordering: .relaxed), refused: refusals.load(ordering: .relaxed),
            refusedConnections: refusedConnections.load(ordering: .relaxed),
            slowPeers: slowPeers.load(ordering: .relaxed), unfinishedLines: unfinishedLines.load(ordering: .relaxed),
            idlePeers: idlePeers.load(ordering: .relaxed), acceptFailures: acceptFailures.load(ordering: .relaxed)
        )
    }

    func connectionRefused() {
        refusedConnections.wrappingAdd(1, ordering: .relaxed)
    }

    func acceptFailed() {
        acceptFailures.wrappingAdd(1, ordering: .relaxed)
    }

    func closed(_ fault: PeerPatience.Fault) {
        switch fault {
        case .slow: slowPeers.wrappingAdd(1, ordering: .relaxed)
        case .unfinishedLine: unfinishedLines.wrappingAdd(1, ordering: .relaxed)
        case .idle: idlePeers.wrappingAdd(1, ordering: .relaxed)
        }
    }
}

/// Who is connected, and what has happened since the start.
package struct ClientFigures: Sendable {
    /// Open connections.
    package var connections: Int
    /// Open subscriptions.
    package var subscriptions: Int
    package var requests: Int
    /// Requests that were refused for want of a right.
    package var refused: Int
    /// Connections that were refused because there were too many.
    package var refusedConnections: Int
    /// Connections that were closed because their peers did not read.
    package var slowPeers: Int
    /// Connections that were closed because their peers left a line unfinished.
    package var unfinishedLines: Int
    /// Connections that were closed because nothing came.
    package var idlePeers: Int
    /// How often the system refused to accept a connection.
    package var acceptFailures: Int
}
