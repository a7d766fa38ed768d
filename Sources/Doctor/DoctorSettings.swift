package import DjangoSession
package import RedisTransport
package import SessionModel

/// What `serve` would be told, as far as it can be examined.
package struct DoctorSettings: Sendable {
    package var endpoint: RedisEndpoint
    package var keyPattern: KeyPattern
    package var decoder: SessionDecoder
    /// How many secret keys vouch for values; 0 where nothing does.
    package var keyCount: Int
    /// Whether values are those of a cache.
    package var isOfCache: Bool
    package var invalidation: InvalidationPreference
    package var mayConfigureRedis: Bool
    /// How long Redis or the daemon may take to answer, in milliseconds.
    package var timeout: Int64
    /// The sockets to ask the daemon at.
    package var socketPaths: [String]

    package init(
        endpoint: RedisEndpoint, keyPattern: KeyPattern, decoder: SessionDecoder, keyCount: Int, isOfCache: Bool,
        invalidation: InvalidationPreference, mayConfigureRedis: Bool, timeout: Int64, socketPaths: [String]
    ) {
        self.endpoint = endpoint
        self.keyPattern = keyPattern
        self.decoder = decoder
        self.keyCount = keyCount
        self.isOfCache = isOfCache
        self.invalidation = invalidation
        self.mayConfigureRedis = mayConfigureRedis
        self.timeout = timeout
        self.socketPaths = socketPaths
    }
}
