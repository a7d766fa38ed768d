import SessiondClient
import TestSupport
import Testing

/// Redis needs the memory.
@Suite struct EvictionTests {
    @Test("Sessions that Redis evicts under maxmemory are told as evicted, each once, and no longer answered")
    func eviction() async throws {
        let rig = try await Rig(redis: PrivateRedis(options: ["--maxmemory-policy", "allkeys-lru"]))
        let padding = String(repeating: "x", count: 8000)
        let keys = (0..<100).map { "evictable\($0)" }
        try await rig.redis.run(
            keys.map { key in
                let noise = padding.map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "a" }
                return Rig.setLine(key, Rig.payload(user: key, extra: #","noise":"\#(String(noise))""#))
            }
        )
        try await rig.waitForSessions(keys.count)
        let used = try #require(Int(try await figure("used_memory", of: rig.redis)))
        try await rig.redis.command("CONFIG", "SET", "maxmemory", "\(used - 200_000)")
        try await rig.write("onemore", Rig.payload(user: "1"))
        try await eventually("an eviction") { try await figure("evicted_keys", of: rig.redis) != "0" }
        try await rig.redis.command("CONFIG", "SET", "maxmemory", "0")
        try await rig.expectCoherence()
        let logouts = try await rig.events().filter { $0.type == .logout }
        #expect(logouts.allSatisfy { $0.details.reason == "evicted" })
        #expect(String(logouts.count) == (try await figure("evicted_keys", of: rig.redis)))
        #expect(logouts.count < keys.count)
    }

    /// A figure of INFO.
    private func figure(_ name: String, of redis: PrivateRedis) async throws -> String {
        let lines = try await redis.command("INFO").split(whereSeparator: \.isNewline)
        let line = lines.first { $0.hasPrefix("\(name):") }
        return String(line?.dropFirst(name.count + 1) ?? "")
    }
}
