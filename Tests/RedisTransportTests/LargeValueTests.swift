import RESP
import SessionModel
import TestSupport
import Testing

@testable import RedisTransport

/// Values that are larger than any session, of a server that holds them.
@Suite struct LargeValueTests {
    @Test("A value of 512 MB costs neither the connection nor what is read with it")
    func halfGigabyte() async throws {
        let redis = try await PrivateRedis()
        try await redis.command("SETRANGE", "django_sessions:large", "536870911", "x")
        try await redis.command("SET", "django_sessions:small", "v")
        let bench = try await LinkBench(redis)
        try await bench.live()
        let values = try await values(of: bench, count: 2)
        #expect(values["large"] == .otherType)
        #expect(values["small"] == .string(Array("v".utf8)))
        #expect(try await bench.told { $0.calls.filter { $0.contains("lost") } } == [])
    }

    @Test("Large values are read whole, however many are asked for at once")
    func crowd() async throws {
        let redis = try await PrivateRedis()
        let value = [UInt8](repeating: 0x76, count: 20 << 20)
        for number in 1...5 { try await redis.command("SET", "django_sessions:\(number)", value: value) }
        try await redis.command("SET", "django_sessions:small", "v")
        let bench = try await LinkBench(redis)
        try await bench.live()
        let values = try await values(of: bench, count: 6)
        for number in 1...5 { #expect(values["\(number)"] == .string(value)) }
        #expect(values["small"] == .string(Array("v".utf8)))
        #expect(try await bench.told { $0.calls.filter { $0.contains("lost") } } == [])
    }

    /// What the link has read, by the text of the session key.
    private func values(of bench: LinkBench, count: Int) async throws -> [String: StoredValue.Content] {
        try await eventually("\(count) values") {
            try await bench.told { told in
                told.values.values.count { if case .long = $0.content { false } else { true } }
            } >= count
        }
        let values = try await bench.told(\.values)
        return Dictionary(uniqueKeysWithValues: values.map { (String(decoding: $0.bytes, as: UTF8.self), $1.content) })
    }
}
