import RESP
import RedisTransport

/// May Redis drop sessions when its memory is full?
enum MemoryExamination {
    /// - Parameters:
    ///   - policy: the reply to CONFIG GET maxmemory-policy.
    ///   - limit: the reply to CONFIG GET maxmemory.
    static func finding(
        policy: RESPValue, limit: RESPValue, _ info: RedisInfo?, _ endpoint: RedisEndpoint
    ) -> Finding {
        let limit = ConfigReply.value(limit).flatMap { Int($0) } ?? info?.number("maxmemory")
        guard let limit, let policy = ConfigReply.value(policy) ?? info?["maxmemory_policy"] else {
            return .unknown(
                .memoryUnknown, Refusal(policy) ?? .other("?"), "CONFIG GET", "whether Redis may evict sessions")
        }
        guard limit > 0 else { return Finding(.ok, .memoryKept, "Redis evicts nothing: it has no maxmemory") }
        let share =
            info?.number("used_memory").map { ", of which \(Int(Double($0) / Double(limit) * 100)) % is used" } ?? ""
        let what = "maxmemory is \(limit) bytes\(share), and maxmemory-policy is \(policy)"
        guard policy != "noeviction" else {
            return Finding(
                .ok, .memoryKept, "Redis evicts nothing: \(what)",
                why: "when it is full, Django can save no session: nobody can log in")
        }
        return Finding(
            .warning, .memoryEvicts, "Redis may evict sessions: \(what)",
            why: "an evicted session is a logout of somebody who did nothing (its reason is `evicted`)",
            mend: [
                RedisCommandLine(endpoint).line("CONFIG", "SET", "maxmemory-policy", "noeviction"),
                "where this Redis is a cache as well: keep sessions in a Redis of their own",
            ])
    }
}
