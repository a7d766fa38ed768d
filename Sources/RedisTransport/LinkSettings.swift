package import NIOCore
package import SessionModel

/// How the link to Redis is kept.
package struct LinkSettings: Sendable {
    package var endpoint: RedisEndpoint
    package var keyPattern: KeyPattern
    /// How often the subscribing connection is asked whether everything has been told; a part of `--max-staleness`.
    package var proofInterval: TimeAmount
    /// How often the asking connection is asked whether it lives, and the server whether it is still what it was.
    package var pingInterval: TimeAmount
    /// A connection that does not answer for this long is lost.
    package var timeout: TimeAmount
    /// Whether missing `notify-keyspace-events` flags may be added.
    package var mayConfigureRedis: Bool
    /// How long after a scan for comparison the next one begins; zero for never.
    package var comparisonInterval: TimeAmount
    /// What may tell of changes.
    package var invalidation: InvalidationPreference

    /// - Parameters:
    ///   - stalenessMax: what `--max-staleness` says, in milliseconds. Four proofs are made in that time.
    ///   - pingInterval: what `--ping-interval` says.
    ///   - timeout: what `--link-timeout` says.
    package init(
        endpoint: RedisEndpoint, keyPattern: KeyPattern, stalenessMax: Int64, pingInterval: TimeAmount = .seconds(1),
        timeout: TimeAmount, mayConfigureRedis: Bool, comparisonInterval: TimeAmount = .seconds(600),
        invalidation: InvalidationPreference = .auto
    ) {
        self.endpoint = endpoint
        self.keyPattern = keyPattern
        self.timeout = timeout
        self.mayConfigureRedis = mayConfigureRedis
        proofInterval = .milliseconds(min(max(stalenessMax / 4, 10), 1000))
        self.pingInterval = pingInterval
        self.comparisonInterval = comparisonInterval
        self.invalidation = invalidation
    }
}

/// What is to tell of changes: `--invalidation`.
package enum InvalidationPreference: String, CaseIterable, Sendable {
    /// Keyspace notifications where they are on or can be turned on, else CLIENT TRACKING; tracking also tells of flushes.
    case auto
    /// Keyspace notifications alone.
    case keyspace
    /// CLIENT TRACKING alone; Redis's configuration is not looked at.
    case tracking
}
