import SessionModel
import TestSupport
import Testing

@testable import RedisTransport

/// The whole link with a server of its own.
@Suite struct RedisLinkTests {
    @Test("A refusal after the start is told and tried again with pauses that grow")
    func refused() async throws {
        let redis = try await PrivateRedis(options: ["--user", "app", "on", ">p", "~*", "&*", "+@all", "-scan"])
        let bench = try await LinkBench(redis, user: "app")
        let lost = "asking lost: the Redis user may not run SCAN as sessiond needs it"
        try await eventually("two refusals") {
            try await bench.told { $0.calls.filter { $0.hasPrefix(lost) }.count } >= 2
        }
        try await redis.command("ACL", "SETUSER", "app", "+scan")
        try await bench.live()
    }

    @Test("Every key is found and read, whatever its name and its type")
    func scan() async throws {
        let redis = try await PrivateRedis()
        try await redis.command(
            "EVAL", "for i = 1, 5000 do redis.call('SET', 'django_sessions:' .. i, 'v' .. i, 'PX', 10000000) end", "0"
        )
        try await redis.command("RPUSH", "django_sessions:list", "x")
        try await redis.command("SET", "django_sessions:poison", "pmessage")
        try await redis.command("SET", "django_sessions:*?[a-b]\\ \"q\"\n", "glob")
        try await redis.command("EVAL", "redis.call('SET', 'django_sessions:a\\0b', 'nul')", "0")
        try await redis.command("EVAL", "redis.call('SET', 'django_sessions:\\255', 'binary')", "0")
        try await redis.command("SET", "other:1", "x")
        let bench = try await LinkBench(redis)
        try await bench.live()
        try await eventually("all values") { try await bench.told { $0.values.count } >= 5004 }
        let values = try await bench.told(\.values)
        #expect(values.count == 5004)
        #expect(try await bench.count("foreign key") >= 1)
        func content(_ key: String) throws -> StoredValue.Content? { values[try #require(SessionKey(key))]?.content }
        #expect(try content("4321") == .string(Array("v4321".utf8)))
        #expect(try content("list") == .otherType)
        #expect(try content("poison") == .string(Array("pmessage".utf8)))
        #expect(try content("*?[a-b]\\ \"q\"\n") == .string(Array("glob".utf8)))
        #expect(try content("a\0b") == .string(Array("nul".utf8)))
        #expect(try await bench.told { $0.calls.filter { $0.contains("lost") } } == [])
        await bench.stop()
        #expect(try await bench.told { $0.calls.filter { $0.contains("lost") } } == [], "a stop is no loss")
    }

    @Test("A killed connection is made anew, each of the two, and the scan runs again where the subscription was lost")
    func killed() async throws {
        let redis = try await PrivateRedis()
        let bench = try await LinkBench(redis)
        try await bench.live()
        try await redis.command("CLIENT", "KILL", "TYPE", "pubsub")
        try await bench.live(2)
        #expect(try await bench.count("subscription lost: Redis closed the connection") == 1)
        #expect(try await bench.count("asking") == 1)
        try await redis.command("CLIENT", "KILL", "TYPE", "normal")
        try await eventually("the asking connection") { try await bench.count("asking") == 2 }
        try await redis.command("SET", "django_sessions:heard", "x")
        try await eventually("the notification") { try await bench.count("set heard") == 1 }
    }

    @Test("Flags that are taken away while it runs are set again, and everything is read anew")
    func deafened() async throws {
        let redis = try await PrivateRedis()
        let bench = try await LinkBench(redis)
        try await bench.live()
        try await redis.command("CONFIG", "SET", "notify-keyspace-events", "KEl")
        try await bench.live(2)
        try await redis.command("SET", "django_sessions:heard", "x")
        try await eventually("the notification") { try await bench.count("set heard") == 1 }
        let flags = try await redis.command("CONFIG", "GET", "notify-keyspace-events")
        #expect(Set("KEl$gxe").isSubset(of: Set(flags)))
    }
}
