import RESP
import RedisTransport

/// Are keyspace notifications on, with enough flags?
struct NotificationExamination {
    let endpoint: RedisEndpoint
    let invalidation: InvalidationPreference
    let mayConfigureRedis: Bool

    /// - Parameters:
    ///   - flags: the reply to CONFIG GET.
    ///   - maySet: whether the user may set them; nil where that is not known.
    func finding(flags reply: RESPValue, maySet: Bool?) -> Finding {
        guard invalidation != .tracking else {
            return Finding(
                .note, .notificationsUnused, "keyspace notifications are not used: --invalidation tracking",
                why: "tracking does not tell why a session ended, so that an eviction is told as a deletion")
        }
        if let refusal = Refusal(reply) { return unknown(refusal) }
        guard let flags = NotificationFlags(reply: reply) else {
            return Finding(
                .note, .notificationsUnknown, "the server answers CONFIG GET with something else than Redis does")
        }
        let shown = "notify-keyspace-events is \(flags.text.isEmpty ? "empty" : flags.text)"
        guard !flags.missing.isEmpty else {
            return Finding(.ok, .notificationsOn, "Redis announces changes: \(shown)")
        }
        let what =
            "Redis does not announce all changes: \(shown), \(flags.missing) is missing of \(NotificationFlags.needed)"
        if mayConfigureRedis, maySet == true {
            return Finding(
                .note, .notificationsAdded, what + "; `sessiond serve` adds it at its start",
                why: "it is gone when Redis restarts without it, and added again a moment later",
                mend: commands(flags))
        }
        // Before Redis 7 nobody can say whether a user may set them: the daemon tries.
        let isCertain = !mayConfigureRedis || maySet == false
        return Finding(
            invalidation == .keyspace && isCertain ? .error : .warning, .notificationsMissing, what,
            why: consequence(maySet),
            mend: commands(flags))
    }

    private func consequence(_ maySet: Bool?) -> String {
        let reason =
            switch (mayConfigureRedis, maySet) {
            case (false, _): "`sessiond serve` is not to add it (--no-configure-redis), and"
            case (true, nil): "`sessiond serve` adds it if this user may run CONFIG SET, and else"
            case (true, _): "`sessiond serve` cannot add it as this user, and"
            }
        return invalidation == .keyspace
            ? "\(reason) hears of no login and no logout"
            : "\(reason) follows by CLIENT TRACKING, if it may, which does not tell why a session ended"
    }

    private func commands(_ flags: NotificationFlags) -> [String] {
        let cli = RedisCommandLine(endpoint)
        return [
            cli.line("CONFIG", "SET", NotificationFlags.parameter, flags.completed),
            cli.line("CONFIG", "REWRITE") + "    # keeps it over a restart, where Redis was started with a redis.conf",
        ]
    }

    private func unknown(_ refusal: Refusal) -> Finding {
        Finding(
            .note, .notificationsUnknown,
            "whether Redis announces changes cannot be told: \(refusal.words("CONFIG GET"))",
            why: invalidation == .keyspace
                ? "if it does not, sessiond hears of no login and no logout"
                : "where sessiond may not look it follows by CLIENT TRACKING, which does not tell why a session ended",
            mend: [
                "redis.conf, or the provider's parameter group: notify-keyspace-events \"\(NotificationFlags.needed)\""
            ])
    }
}
