import RedisTransport
import SessionModel

/// Do the keys of sessions expire?
enum ExpiryExamination {
    /// Django's default SESSION_COOKIE_AGE, in seconds.
    private static let cookieAge = 1_209_600

    static func finding(_ counts: ValueCounts, _ pattern: KeyPattern, _ endpoint: RedisEndpoint) -> Finding? {
        guard counts.sessionCount > 0 else { return nil }
        guard counts.lastingCount > 0 else { return Finding(.ok, .expirySet, "every session has a time to live") }
        return Finding(
            .warning, .expiryMissing,
            "\(counts.lastingCount) of \(Words.count(counts.sessionCount, "session")) never expire\(counts.lastingCount == 1 ? "s" : "")",
            why:
                "who stole such a cookie is logged in for ever, and the keys fill Redis. redis_sessions_fork makes them when it dies between "
                + "SETNX and EXPIRE; PERSIST and a plain SET do, too",
            mend: [mend(pattern, endpoint)])
    }

    /// Has each key without a time to live expire after Django's default; where every key of the database fits the pattern, that is for
    /// somebody to choose who knows what the others are.
    private static func mend(_ pattern: KeyPattern, _ endpoint: RedisEndpoint) -> String {
        let cli = RedisCommandLine(endpoint)
        let glob = String(decoding: pattern.scanPattern, as: UTF8.self)
        guard glob != "*" else {
            return cli.line("EXPIRE", "KEY", "\(cookieAge)")
                + "    # for each such session; by this key pattern other data look the same, so choose the keys"
        }
        return "\(cli.line("--scan", "--pattern", glob)) | while IFS= read -r key; do "
            + "[ \"$(\(cli.line("TTL")) \"$key\")\" != -1 ] || \(cli.line("EXPIRE")) \"$key\" \(cookieAge); done"
    }
}
