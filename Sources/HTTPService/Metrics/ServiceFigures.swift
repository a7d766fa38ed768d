/// How the daemon stands, in numbers: what `/metrics` and `/readyz` are made of. Nothing here tells of anybody.
package struct ServiceFigures: Sendable {
    package var version: String
    /// Seconds since 1970.
    package var startedAt: Double
    package var link: Link
    package var sessions: Sessions
    package var cache: Cache
    package var memory: Memory
    package var journal: Journal
    /// Whether this daemon publishes to the stream; nil where there is none.
    package var isPublishing: Bool?
    package var socket: Socket

    package init(
        version: String, startedAt: Double, link: Link, sessions: Sessions, cache: Cache, memory: Memory,
        journal: Journal, isPublishing: Bool?, socket: Socket
    ) {
        self.version = version
        self.startedAt = startedAt
        self.link = link
        self.sessions = sessions
        self.cache = cache
        self.memory = memory
        self.journal = journal
        self.isPublishing = isPublishing
        self.socket = socket
    }

    /// The link to Redis.
    package struct Link: Sendable {
        /// One of ``states``.
        package var state: String
        /// All states that there are.
        package var states: [String]
        /// How often it was followed from the beginning.
        package var epoch: UInt64
        package var isProven: Bool
        /// Whether Redis tells of changes at all.
        package var hearsChanges: Bool
        package var roundTripSeconds: Double?
        package var reconnects: Int

        package init(
            state: String, states: [String], epoch: UInt64, isProven: Bool, hearsChanges: Bool,
            roundTripSeconds: Double?, reconnects: Int
        ) {
            self.state = state
            self.states = states
            self.epoch = epoch
            self.isProven = isProven
            self.hearsChanges = hearsChanges
            self.roundTripSeconds = roundTripSeconds
            self.reconnects = reconnects
        }
    }

    /// Sessions in memory.
    package struct Sessions: Sendable {
        package var authenticated: Int
        package var anonymous: Int
        package var invalid: Int
        package var unreadable: Int
        package var users: Int
        package var ignoredKeys: Int

        package init(
            authenticated: Int, anonymous: Int, invalid: Int, unreadable: Int, users: Int, ignoredKeys: Int
        ) {
            self.authenticated = authenticated
            self.anonymous = anonymous
            self.invalid = invalid
            self.unreadable = unreadable
            self.users = users
            self.ignoredKeys = ignoredKeys
        }
    }

    /// What was asked and read since the start.
    package struct Cache: Sendable {
        package var hits: Int
        package var misses: Int
        package var fetches: Int
        package var overtaken: Int
        package var compared: Int
        package var staleFound: Int
        package var missesRefused: Int

        package init(
            hits: Int, misses: Int, fetches: Int, overtaken: Int, compared: Int, staleFound: Int, missesRefused: Int
        ) {
            self.hits = hits
            self.misses = misses
            self.fetches = fetches
            self.overtaken = overtaken
            self.compared = compared
            self.staleFound = staleFound
            self.missesRefused = missesRefused
        }
    }

    /// Bytes.
    package struct Memory: Sendable {
        package var resident: Int
        package var sessionData: Int
        package var sessionDataMax: Int

        package init(resident: Int, sessionData: Int, sessionDataMax: Int) {
            self.resident = resident
            self.sessionData = sessionData
            self.sessionDataMax = sessionDataMax
        }
    }

    package struct Journal: Sendable {
        /// Events since the start.
        package var eventsSinceStart: UInt64
        package var heldEvents: Int
        package var backlog: Int
        /// Of its files; nil for a journal in memory.
        package var bytes: Int?
        package var isInterrupted: Bool

        package init(eventsSinceStart: UInt64, heldEvents: Int, backlog: Int, bytes: Int?, isInterrupted: Bool) {
            self.eventsSinceStart = eventsSinceStart
            self.heldEvents = heldEvents
            self.backlog = backlog
            self.bytes = bytes
            self.isInterrupted = isInterrupted
        }
    }

    /// Clients of the Unix sockets.
    package struct Socket: Sendable {
        package var connections: Int
        package var subscriptions: Int
        package var requests: Int
        package var refusedRequests: Int
        package var refusedConnections: Int
        package var closedSlow: Int
        package var closedUnfinished: Int
        package var closedIdle: Int
        package var acceptFailures: Int

        package init(
            connections: Int, subscriptions: Int, requests: Int, refusedRequests: Int, refusedConnections: Int,
            closedSlow: Int, closedUnfinished: Int, closedIdle: Int, acceptFailures: Int
        ) {
            self.connections = connections
            self.subscriptions = subscriptions
            self.requests = requests
            self.refusedRequests = refusedRequests
            self.refusedConnections = refusedConnections
            self.closedSlow = closedSlow
            self.closedUnfinished = closedUnfinished
            self.closedIdle = closedIdle
            self.acceptFailures = acceptFailures
        }
    }
}
