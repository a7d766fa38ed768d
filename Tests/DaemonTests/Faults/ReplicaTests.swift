import SessiondClient
import TestSupport
import Testing

/// A replica lags behind and announces expiries as deletions: it is not followed.
@Suite struct ReplicaTests {
    @Test("A replica is refused by name of its master, and followed once it is a master")
    func refused() async throws {
        let redis = try await PrivateRedis(options: ["--replicaof", "127.0.0.1 1"])
        let daemon = try DaemonProcess(redisURL: redis.url())
        try await daemon.waitForLog("replica of 127.0.0.1:1")
        let client = try await daemon.connect()
        await #expect(throws: (any Error).self) { _ = try await client.identity(of: "abcdefgh") }
        #expect(!daemon.log.contains("\nready"))
        try await redis.command("REPLICAOF", "NO", "ONE")
        try await daemon.waitUntilReady()
        #expect(try await client.identity(of: "abcdefgh").reason == .unknown)
    }

    @Test("A master that turns into a replica is left within a ping interval, and taken up again when it is a master")
    func turned() async throws {
        let rig = try await Rig(options: ["--ping-interval", "0.2"])
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "1"))
        try await eventually("the login") { try await rig.identity(key).isAuthenticated }
        try await rig.redis.command("REPLICAOF", "127.0.0.1", "1")
        try await rig.waitForLink("lost")
        try await eventually("unavailable") {
            do {
                _ = try await rig.identity(key)
                return false
            } catch {
                return true
            }
        }
        #expect(rig.daemon.log.contains("replica of 127.0.0.1:1"))
        try await rig.redis.command("REPLICAOF", "NO", "ONE")
        try await rig.waitForLink("live")
        try await rig.expectCoherence()
    }
}
