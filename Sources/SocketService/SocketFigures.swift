import Synchronization

/// What the socket counts, for `server.status`.
package final class SocketFigures: Sendable {
    let connections = Atomic<Int>(0)
    let subscriptions = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let refusals = Atomic<Int>(0)

    package init() {}

    /// Open connections, open subscriptions, requests since the start, and those that were refused for want of a right.
    package var values: (connections: Int, subscriptions: Int, requests: Int, refused: Int) {
        (
            connections.load(ordering: .relaxed), subscriptions.load(ordering: .relaxed),
            requests.load(ordering: .relaxed), refusals.load(ordering: .relaxed)
        )
    }
}
