@testable import HTTPService

extension ServiceFigures {
    /// A daemon that is well.
    static var sample: ServiceFigures {
        ServiceFigures(
            version: "1.2.3", startedAt: 1_796_635_800.25,
            link: Link(
                state: "live", states: ["connecting", "backing_off", "scanning", "live", "distrusted"], epoch: 3,
                isProven: true, hearsChanges: true, roundTripSeconds: 0.000_25, reconnects: 2),
            sessions: Sessions(authenticated: 10, anonymous: 20, invalid: 1, unreadable: 2, users: 9, ignoredKeys: 4),
            cache: Cache(
                hits: 1000, misses: 50, fetches: 60, overtaken: 1, compared: 70, staleFound: 0, missesRefused: 5),
            memory: Memory(resident: 50_000_000, sessionData: 1_000_000, sessionDataMax: 268_435_456),
            journal: Journal(eventsSinceStart: 33, heldEvents: 100, backlog: 0, bytes: 4096, isInterrupted: false),
            isPublishing: true,
            socket: Socket(
                connections: 7, subscriptions: 2, requests: 3000, refusedRequests: 1, refusedConnections: 0,
                closedSlow: 0, closedUnfinished: 0, closedIdle: 0, acceptFailures: 0)
        )
    }
}
