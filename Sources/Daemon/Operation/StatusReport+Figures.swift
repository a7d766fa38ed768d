import HTTPService
import NIOCore
import SessionDirectory
import SessionModel
import SocketService

extension StatusReport {
    /// All that there are.
    private static let states: [LinkPhase.Name] = [.connecting, .backingOff, .scanning, .live, .distrusted]

    /// The same in numbers, as the HTTP door tells them.
    ///
    /// - Parameter started: when the daemon was.
    func figures(since started: Moment) -> ServiceFigures {
        ServiceFigures(
            version: version, startedAt: Double(started.wall) / 1000,
            link: ServiceFigures.Link(
                state: directory.condition.rawValue, states: Self.states.map(\.rawValue),
                epoch: directory.epoch.number, isProven: isProven, hearsChanges: directory.hearing.source != .none,
                roundTripSeconds: link.roundTrip.map { Double($0.nanoseconds) / 1e9 }, reconnects: link.reconnects),
            sessions: ServiceFigures.Sessions(
                authenticated: directory.sessions.authenticated, anonymous: directory.sessions.anonymous,
                invalid: directory.sessions.invalid, unreadable: directory.sessions.unreadable,
                users: directory.userCount, ignoredKeys: directory.foreignKeyCount),
            cache: ServiceFigures.Cache(
                hits: lookups.hits, misses: lookups.misses, fetches: directory.fetchCount,
                overtaken: directory.overtakenCount, compared: directory.comparedCount,
                staleFound: directory.staleFoundCount, missesRefused: directory.refusedMissCount),
            memory: ServiceFigures.Memory(
                resident: Self.residentBytes, sessionData: directory.dataBytes, sessionDataMax: dataBytesMax),
            journal: ServiceFigures.Journal(
                eventsSinceStart: journal.position.sequence, heldEvents: journal.eventCount,
                backlog: backlog + journal.waitingCount, bytes: journal.bytes,
                isInterrupted: journal.interruption != nil),
            isPublishing: stream.map { $0.standing == "publishing" },
            socket: ServiceFigures.Socket(
                connections: clients.connections, subscriptions: clients.subscriptions, requests: clients.requests,
                refusedRequests: clients.refused, refusedConnections: clients.refusedConnections,
                closedSlow: clients.slowPeers, closedUnfinished: clients.unfinishedLines,
                closedIdle: clients.idlePeers, acceptFailures: clients.acceptFailures)
        )
    }
}
