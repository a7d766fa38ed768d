public import Foundation

/// How the daemon is doing.
public struct ServerStatus: Hashable, Sendable, Codable {
    /// The daemon's version.
    public let version: String
    /// The run: the first part of the ids of its events.
    public let run: String
    /// How long it has been running.
    public let uptimeSeconds: Double
    /// The link to Redis.
    public let link: Link
    /// What is under the key pattern.
    public let sessions: Sessions
    /// How those of them that can be decoded are stored; nil where the daemon is older than this figure.
    public let stored: Stored?
    /// How lookups were answered.
    public let cache: Cache
    /// The daemon's memory.
    public let memory: Memory
    /// The journal of events.
    public let journal: Journal
    /// Publishing to a Redis Stream; nil where that was not asked for.
    public let stream: Stream?
    /// Who is connected.
    public let clients: Clients

    private enum CodingKeys: String, CodingKey {
        case version, run
        case uptimeSeconds = "uptime_seconds"
        case link, sessions, stored, cache, memory, journal, stream, clients
    }

    /// The link to Redis.
    public struct Link: Hashable, Sendable, Codable {
        /// `connecting`, `scanning`, `live`, `backing_off` or `distrusted`.
        public let state: String
        /// Counts the connections to Redis.
        public let epoch: Int
        /// Whether positive answers may come from the cache at this moment.
        public let isProven: Bool
        /// What tells of changes: `keyspace`, `tracking` or `none`; nil where the daemon is older than this figure.
        public let invalidation: String?
        /// What it cannot tell: `changes`, `reasons` why a session ended, `flushes`, `swapdb`.
        public let cannotTell: [String]?
        /// Whether keyspace notifications arrive: `verified`, `unverified`, `missing` or `unused`.
        public let notifications: String
        /// The number of the Redis database.
        public let database: Int
        /// How long the last PING took.
        public let roundTripMilliseconds: Double?
        /// How often the link was made again.
        public let reconnects: Int
        /// Why the link was lost the last time.
        public let lastError: String?
        /// How far the reading of all sessions has come while `state` is `scanning`; nil at other times, and where the daemon is older
        /// than this figure.
        public let progress: Progress?

        private enum CodingKeys: String, CodingKey {
            case state, epoch, progress
            case isProven = "proven"
            case invalidation
            case cannotTell = "cannot_tell"
            case notifications, database
            case roundTripMilliseconds = "round_trip_ms"
            case reconnects
            case lastError = "last_error"
        }
    }

    /// How far the reading of all sessions has come.
    public struct Progress: Hashable, Sendable, Codable {
        /// Keys that were read.
        public let keysRead: Int
        /// About which share of all that is, from 0 to 1; nil where Redis does not tell.
        public let share: Double?
        /// How long it has taken until now.
        public let elapsedSeconds: Double

        /// About how long it will still take; nil where that cannot be told, or not yet.
        public var secondsLeft: Double? {
            guard let share, share >= 0.01, elapsedSeconds >= 1 else { return nil }
            return elapsedSeconds * (1 - share) / share
        }

        private enum CodingKeys: String, CodingKey {
            case keysRead = "keys_read"
            case share
            case elapsedSeconds = "elapsed_seconds"
        }
    }

    /// What is under the key pattern.
    public struct Sessions: Hashable, Sendable, Codable {
        /// Sessions with somebody logged in.
        public let authenticated: Int
        /// Sessions with nobody logged in.
        public let anonymous: Int
        /// Values whose signature fits no key.
        public let invalid: Int
        /// Values that cannot be decoded.
        public let unreadable: Int
        /// Users with at least one session.
        public let users: Int
        /// Keys that cannot be session keys.
        public let ignoredKeys: Int

        private enum CodingKeys: String, CodingKey {
            case authenticated, anonymous, invalid, unreadable, users
            case ignoredKeys = "ignored_keys"
        }
    }

    /// How lookups were answered.
    public struct Cache: Hashable, Sendable, Codable {
        /// From the cache.
        public let hits: Int
        /// By asking Redis.
        public let misses: Int
        /// Values fetched from Redis.
        public let fetches: Int
        /// Fetches that were repeated, since the key was written meanwhile.
        public let overtaken: Int
        /// Entries that were compared with Redis; nil where the daemon is older than this figure.
        public let compared: Int?
        /// Entries that differed from Redis without a notification.
        public let staleFound: Int
        /// Lookups of unknown keys that were refused, beyond what Redis is asked; nil where the daemon is older than this figure.
        public let missesRefused: Int?

        private enum CodingKeys: String, CodingKey {
            case hits, misses, fetches, overtaken, compared
            case staleFound = "stale_found"
            case missesRefused = "misses_refused"
        }
    }

    /// The daemon's memory.
    public struct Memory: Hashable, Sendable, Codable {
        /// What it holds in RAM.
        public let residentBytes: Int
        /// How much of that is session data; nil where the daemon is older than this figure.
        public let sessionDataBytes: Int?
        /// How much of it may be.
        public let sessionDataBytesMax: Int?

        private enum CodingKeys: String, CodingKey {
            case residentBytes = "resident_bytes"
            case sessionDataBytes = "session_data_bytes"
            case sessionDataBytesMax = "session_data_bytes_max"
        }
    }

    /// The journal of events.
    public struct Journal: Hashable, Sendable, Codable {
        /// `memory` or `disk`.
        public let kind: String
        /// The `source` of its events.
        public let source: String
        /// The id of the newest event.
        public let position: String
        /// The id of the oldest event held.
        public let oldest: String?
        /// How many events are held.
        public let events: Int
        /// How many can be held.
        public let capacity: Int?
        /// How many are known and not written yet, about.
        public let backlog: Int
        /// The size of its files; nil for a journal in memory.
        public let sizeBytes: Int?
        /// Beyond this size the oldest events are removed.
        public let sizeBytesMax: Int?
        /// Why nothing can be recorded at present.
        public let interrupted: Interruption?

        private enum CodingKeys: String, CodingKey {
            case kind, source, position, oldest, events, capacity, backlog, interrupted
            case sizeBytes = "size_bytes"
            case sizeBytesMax = "size_bytes_max"
        }
    }

    /// Events cannot be recorded.
    public struct Interruption: Hashable, Sendable, Codable {
        /// Since when.
        public let since: Date
        /// A sentence for the operator.
        public let cause: String
    }

    /// Publishing events to a Redis Stream.
    public struct Stream: Hashable, Sendable, Codable {
        /// The stream's key.
        public let name: String
        /// `publishing`, `standby` or `away`.
        public let state: String
        /// How far the journal is published.
        public let position: String?
        /// Why publishing failed the last time.
        public let lastError: String?

        private enum CodingKeys: String, CodingKey {
            case name, state, position
            case lastError = "last_error"
        }
    }

    /// Who is connected.
    public struct Clients: Hashable, Sendable, Codable {
        /// Open connections.
        public let connections: Int
        /// Open subscriptions.
        public let subscriptions: Int
        /// Requests since the start.
        public let requests: Int
        /// Requests that were refused.
        public let refused: Int
        /// Connections that were refused, beyond the limits; nil, as those below, where the daemon is older than this figure.
        public let connectionsRefused: Int?
        /// Connections that were closed because nobody read what waited for them.
        public let closedSlow: Int?
        /// Connections that were closed because a line was left unfinished.
        public let closedUnfinishedLine: Int?
        /// Connections that were closed because nothing came.
        public let closedIdle: Int?
        /// How often the system refused to accept a connection.
        public let acceptFailures: Int?

        private enum CodingKeys: String, CodingKey {
            case connections, subscriptions, requests, refused
            case connectionsRefused = "connections_refused"
            case closedSlow = "closed_slow"
            case closedUnfinishedLine = "closed_unfinished_line"
            case closedIdle = "closed_idle"
            case acceptFailures = "accept_failures"
        }
    }
}
