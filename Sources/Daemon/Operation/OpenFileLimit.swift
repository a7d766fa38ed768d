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

    /// Raises the limit, and lowers the number of connections to the sockets to what files there are for, and says so: a daemon that has spent all of
    /// them on its clients could not reach Redis again.
    ///
    /// - Parameter others: how many files other connections may take.
    static func fitted(_ limits: Limits, besides others: Int = 0, _ logger: Logger) -> Limits {
        guard let count = raise() else { return limits }
        let fitted = fit(limits, fileCount: count - others)
        guard fitted.connectionsMax < limits.connectionsMax else { return limits }
        logger.warning(
            """
            --max-connections \(limits.connectionsMax) is more than the limit of open files (\(count)) has room for: it is \
            lowered to \(fitted.connectionsMax), \(fitted.connectionsPerUIDMax) of them for one user. Raise the limit \
            (LimitNOFILE=, ulimit -n), or give a lower --max-connections
            """
        )
        return fitted
    }

    /// The limits for so many files.
    ///
    /// Where there are fewer connections, one user gets fewer, too: a quarter of all, or the part that was asked for where that is
    /// more.
    static func fit(_ limits: Limits, fileCount: Int) -> Limits {
        let count = max(1, fileCount - reservedCount)
        guard limits.connectionsMax > count else { return limits }
        var fitted = limits
        fitted.connectionsMax = count
        let part = Double(limits.connectionsPerUIDMax) / Double(limits.connectionsMax)
        fitted.connectionsPerUIDMax = min(
            limits.connectionsPerUIDMax, max(1, Int((Double(count) * max(0.25, part)).rounded(.up))))
        return fitted
    }
}
