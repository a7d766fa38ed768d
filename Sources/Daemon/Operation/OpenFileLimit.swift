import Glibc
import Logging
import SessionModel

/// How many files the process may have open: each connection is one.
enum OpenFileLimit {
    /// Files for everything but connections: Redis, the journal, the event loops, a configuration that is read again.
    private static let reservedCount = 64

    /// Raises the limit as far as the system lets it be raised.
    ///
    /// - Returns: the limit that holds now; nil where the system does not tell.
    private static func raise() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit, and lowers the number of connections to what files there are for, and says so: a daemon that has spent all of
    /// them on its clients could not reach Redis again.
    static func fitted(_ limits: Limits, _ logger: Logger) -> Limits {
        guard let count = raise(), limits.connectionsMax > count - reservedCount else { return limits }
        var fitted = limits
        fitted.connectionsMax = max(1, count - reservedCount)
        logger.warning(
            """
            --max-connections \(limits.connectionsMax) is more than the limit of open files (\(count)) has room for: it is \
            lowered to \(fitted.connectionsMax). Raise the limit (LimitNOFILE=, ulimit -n), or give a lower --max-connections
            """
        )
        return fitted
    }
}
