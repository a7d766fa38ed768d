/// The options of `sessiond serve`, by the name that the flag, the configuration file and, in capitals with underscores
/// behind `SESSIOND_`, the environment use.
package enum ServeOption: String, CaseIterable, Sendable {
    case redisURL = "redis-url"
    case redisURLFile = "redis-url-file"
    case redisCAFile = "redis-ca-file"
    case redisCertificateFile = "redis-certificate-file"
    case redisKeyFile = "redis-key-file"
    case redisServerName = "redis-server-name"
    case redisInsecure = "redis-insecure"
    case keyPattern = "key-pattern"
    case socket
    case socketMode = "socket-mode"
    case socketGroup = "socket-group"
    case socketRights = "socket-rights"
    case expose
    case http
    case httpRights = "http-rights"
    case httpCookie = "http-cookie"
    case httpHosts = "http-hosts"
    case httpMode = "http-mode"
    case httpGroup = "http-group"
    case secretKeyFile = "secret-key-file"
    case noVerify = "no-verify"
    case encoding
    case django
    case serializer
    case compressor
    case salt
    case stateDirectory = "state-directory"
    case journal
    case journalSync = "journal-sync"
    case journalMaxAge = "journal-max-age"
    case journalMaxEvents = "journal-max-events"
    case journalMaxSize = "journal-max-size"
    case publishStream = "publish-stream"
    case publishStreamLength = "publish-stream-length"
    case maxStaleness = "max-staleness"
    case serveStale = "serve-stale"
    case pingInterval = "ping-interval"
    case linkTimeout = "link-timeout"
    case invalidation
    case compareInterval = "compare-interval"
    case maxDataMemory = "max-data-memory"
    case maxConnections = "max-connections"
    case maxConnectionsPerUID = "max-connections-per-uid"
    case maxHTTPConnections = "max-http-connections"
    case maxRequestSize = "max-request-size"
    case maxJSONDepth = "max-json-depth"
    case maxBatch = "max-batch"
    case maxRequestsInFlight = "max-requests-in-flight"
    case maxRequestsInFlightPerUID = "max-requests-in-flight-per-uid"
    case maxWaitingLookups = "max-waiting-lookups"
    case maxSubscriptions = "max-subscriptions"
    case maxSubscriptionsPerUID = "max-subscriptions-per-uid"
    case maxUnreadOutput = "max-unread-output"
    case maxUnreadOutputPerUID = "max-unread-output-per-uid"
    case unreadTimeout = "unread-timeout"
    case lineTimeout = "line-timeout"
    case idleTimeout = "idle-timeout"
    case maxMisses = "max-misses"
    case maxMissesPerUID = "max-misses-per-uid"
    case noConfigureRedis = "no-configure-redis"
    case logFormat = "log-format"
    case logLevel = "log-level"
}
