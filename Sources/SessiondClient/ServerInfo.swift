/// What the daemon is, and what the caller may do.
public struct ServerInfo: Hashable, Sendable, Codable {
    /// `sessiond`.
    public let name: String
    /// The daemon's version.
    public let version: String
    /// The version of the protocol.
    public let `protocol`: Int
    /// What the daemon accepts at most.
    public let limits: Limits
    /// The rights of the caller: `identify`, `read`, `list`, `observe`, `revoke`, `erase`.
    public let rights: [String]
    /// The caller as the kernel names it.
    public let peer: Peer

    /// What the daemon accepts at most.
    public struct Limits: Hashable, Sendable, Codable {
        /// The longest request line.
        public let requestBytesMax: Int
        /// The longest answer line.
        public let answerBytesMax: Int
        /// The longest session key.
        public let sessionKeyBytesMax: Int
        /// The longest page.
        public let pageCountMax: Int
        /// How many subscriptions a connection may hold.
        public let subscriptionsPerConnectionMax: Int
        /// The deepest nesting of a request.
        public let jsonDepthMax: Int
        /// How many requests a batch may hold; nil, as those below, where the daemon is older than this limit.
        public let batchCountMax: Int?
        /// How many requests of a connection may wait for their answers.
        public let requestsInFlightMax: Int?
        /// How many connections there may be.
        public let connectionsMax: Int?
        /// How many of them may be one user's.
        public let connectionsPerUIDMax: Int?
        /// How much output may wait for its reader before no more requests are read, in bytes.
        public let unreadBytesMax: Int?
        /// How long it may wait, in seconds; nil for ever.
        public let unreadSecondsMax: Double?
        /// How long a line may be left unfinished, in seconds; nil for ever.
        public let unfinishedLineSecondsMax: Double?
        /// How long nothing may come on a connection without a subscription, in seconds; nil for ever.
        public let idleSecondsMax: Double?

        private enum CodingKeys: String, CodingKey {
            case requestBytesMax = "request_bytes_max"
            case answerBytesMax = "answer_bytes_max"
            case sessionKeyBytesMax = "session_key_bytes_max"
            case pageCountMax = "page_count_max"
            case subscriptionsPerConnectionMax = "subscriptions_per_connection_max"
            case jsonDepthMax = "json_depth_max"
            case batchCountMax = "batch_count_max"
            case requestsInFlightMax = "requests_in_flight_max"
            case connectionsMax = "connections_max"
            case connectionsPerUIDMax = "connections_per_uid_max"
            case unreadBytesMax = "unread_bytes_max"
            case unreadSecondsMax = "unread_seconds_max"
            case unfinishedLineSecondsMax = "unfinished_line_seconds_max"
            case idleSecondsMax = "idle_seconds_max"
        }
    }

    /// The process at the other end of the socket.
    public struct Peer: Hashable, Sendable, Codable {
        /// Its user.
        public let uid: Int
        /// Its group.
        public let gid: Int
        /// Its process id.
        public let pid: Int
    }
}
