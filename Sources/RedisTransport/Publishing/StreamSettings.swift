package import NIOCore

/// Where events are published as well: `--publish-stream`.
package struct StreamSettings: Sendable {
    /// The stream's key.
    package var name: String
    /// About how many entries it keeps.
    package var lengthMax: Int
    package var endpoint: RedisEndpoint
    /// A connection that does not answer for this long is lost.
    package var timeout: TimeAmount

    package init(name: String, lengthMax: Int, endpoint: RedisEndpoint, timeout: TimeAmount) {
        self.name = name
        self.lengthMax = lengthMax
        self.endpoint = endpoint
        self.timeout = timeout
    }

    /// Who publishes at present; ends by itself when that daemon falls silent.
    var leaseKey: String { name + ":lease" }
    /// How far each journal is published, and who published last.
    var stateKey: String { name + ":published" }

    /// How long a publisher that falls silent keeps others from publishing, in milliseconds.
    static let leaseMilliseconds: Int64 = 5000
    /// How often the lease is renewed, or asked for, in milliseconds.
    static let renewalMilliseconds: Int64 = 1000
}
