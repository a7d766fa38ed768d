package import NIOCore
package import SessionModel

/// How the link to Redis is kept.
package struct LinkSettings: Sendable {
    package var endpoint: RedisEndpoint
    package var keyPattern: KeyPattern
    /// How often the subscribing connection is asked whether everything has been told; a part of `--max-staleness`.
    package var proofInterval: TimeAmount
    /// How often the asking connection is asked whether it lives.
    package var pingInterval: TimeAmount
    /// A connection that does not answer for this long is lost.
    package var timeout: TimeAmount
    /// Whether missing `notify-keyspace-events` flags may be added.
    package var mayConfigureRedis: Bool

    /// - Parameters:
    ///   - stalenessMax: what `--max-staleness` says, in milliseconds. Four proofs are made in that time.
    ///   - timeout: what `--link-timeout` says.
    package init(
        endpoint: RedisEndpoint, keyPattern: KeyPattern, stalenessMax: Int64, timeout: TimeAmount,
        mayConfigureRedis: Bool
    ) {
        self.endpoint = endpoint
        self.keyPattern = keyPattern
        self.timeout = timeout
        self.mayConfigureRedis = mayConfigureRedis
        proofInterval = .milliseconds(min(max(stalenessMax / 4, 10), 1000))
        pingInterval = .seconds(1)
    }
}
