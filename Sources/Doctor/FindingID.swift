/// The names of findings, for programs: the subject, a point, and what was found.
package enum FindingID: String, CaseIterable, Sendable {
    case configurationRead = "configuration.read"
    case configurationWrong = "configuration.wrong"
    case configurationWithoutKey = "configuration.without-key"
    case configurationDoubtful = "configuration.doubtful"

    case redisReachable = "redis.reachable"
    case redisUnreachable = "redis.unreachable"
    case redisRefuses = "redis.refuses"
    case redisTLS = "redis.tls"
    case redisLost = "redis.lost"
    case redisPlain = "redis.plain"

    case roleMaster = "role.master"
    case roleReplica = "role.replica"
    case roleSentinel = "role.sentinel"
    case roleUnknown = "role.unknown"

    case clusterNone = "cluster.none"
    case clusterSingle = "cluster.single"
    case clusterSeveral = "cluster.several"
    case clusterDown = "cluster.down"

    case notificationsOn = "notifications.on"
    case notificationsAdded = "notifications.added"
    case notificationsMissing = "notifications.missing"
    case notificationsUnused = "notifications.unused"
    case notificationsUnknown = "notifications.unknown"

    case accessSufficient = "access.sufficient"
    case accessMissing = "access.missing"
    case accessLimited = "access.limited"
    case accessWide = "access.wide"
    case accessRevoke = "access.revoke"

    case keysFound = "keys.found"
    case keysNone = "keys.none"
    case keysElsewhere = "keys.elsewhere"
    case keysInAnotherDatabase = "keys.database"
    case keysWithInnerPrefix = "keys.inner-prefix"
    case keysForeign = "keys.foreign"
    case keysUnknown = "keys.unknown"

    case valuesVerified = "values.verified"
    case valuesUnverified = "values.unverified"
    case valuesWrongKey = "values.wrong-key"
    case valuesOldKey = "values.old-key"
    case valuesFallback = "values.fallback"
    case valuesEncoding = "values.encoding"
    case valuesUnreadable = "values.unreadable"
    case valuesWritten = "values.written"
    case valuesPickled = "values.pickled"

    case expirySet = "expiry.set"
    case expiryMissing = "expiry.missing"

    case memoryKept = "memory.kept"
    case memoryEvicts = "memory.evicts"
    case memoryUnknown = "memory.unknown"

    case bufferRoomy = "buffer.roomy"
    case bufferTight = "buffer.tight"
    case bufferUnknown = "buffer.unknown"

    case clockAgrees = "clock.agrees"
    case clockDiffers = "clock.differs"
    case clockUnknown = "clock.unknown"

    case socketAnswers = "socket.answers"
    case socketAbsent = "socket.absent"
    case socketDead = "socket.dead"
    case socketForbidden = "socket.forbidden"
    case socketSilent = "socket.silent"
    case socketLink = "socket.link"
    case socketAgrees = "socket.agrees"
    case socketElsewhere = "socket.elsewhere"
    case socketOtherKeys = "socket.other-keys"
    case socketUncompared = "socket.uncompared"

    /// What is before the point.
    package var subject: String { String(rawValue.prefix { $0 != "." }) }
}
