import Foundation
import SessiondClient
import TestSupport
import Testing

/// The whole daemon, over TLS to a server that has certificates of the test's own.
@Suite struct TLSLinkTests {
    @Test("Logins and logouts are seen through TLS, of small sessions and of large ones, and the journal is coherent")
    func life() async throws {
        let authority = try await CertificateAuthority()
        let redis = try await TLSRedis(authority, try await authority.sign("redis", names: ["IP:127.0.0.1"]))
        let rig = try await Rig(
            redis: redis.server, redisURL: redis.url(), options: ["--redis-ca-file", authority.certificate])
        #expect(rig.daemon.log.contains("redis=rediss://127.0.0.1:\(redis.port)/0"))
        let key = Rig.newKey()
        try await rig.write(
            key, Rig.payload(user: "7", extra: #","text":"\#(String(repeating: "x", count: 300_000))""#))
        try await rig.waitForSessions(1)
        #expect(try await rig.identity(key).userID == "7")
        #expect(try await rig.identity("nobodyshere", confirm: true).reason == .unknown)
        try await rig.fill(500)
        try await rig.waitForSessions(501)
        try await rig.delete(key)
        let events = try await rig.waitForEvents("the logout") { Rig.told($0, of: key).count == 2 }
        #expect(Rig.told(events, of: key) == ["login created", "logout deleted"])
        try await rig.expectCoherence()
        let clients = try await redis.server.command("CLIENT", "LIST").split(separator: "\n")
        let own = clients.filter { $0.contains("name=sessiond-") }
        #expect(own.count == 2 && own.allSatisfy { $0.contains("laddr=127.0.0.1:\(redis.port)") }, "\(clients)")
    }

    @Test(
        "Sessions that were there before are found, and the stream is published, through TLS with a client's certificate"
    )
    func clientCertificate() async throws {
        let authority = try await CertificateAuthority()
        let (server, client) = (
            try await authority.sign("redis", names: ["DNS:localhost"]), try await authority.sign("client")
        )
        let redis = try await TLSRedis(authority, server, wantsCertificates: true)
        try await redis.server.run((0..<1500).map { Rig.setLine("before\($0)", Rig.payload(user: "\($0)")) })
        let rig = try await Rig(
            redis: redis.server, redisURL: redis.url(host: "localhost"),
            options: [
                "--redis-ca-file", authority.certificate, "--redis-certificate-file", client.certificate,
                "--redis-key-file", client.key, "--publish-stream", "audit",
            ])
        #expect(rig.daemon.log.contains("ready: 1500 sessions"))
        #expect(!rig.daemon.log.contains("private key"))
        try await eventually("the stream") { try await redis.server.command("XLEN", "audit") == "3000" }
        let clients = try await redis.server.command("CLIENT", "LIST").split(separator: "\n")
        #expect(clients.count { $0.contains("name=sessiond-publish ") && $0.contains(":\(redis.port) ") } == 1)
    }

    private static let names: [(names: [String], host: String, serverName: String?)] = [
        (["DNS:redis.example"], "127.0.0.1", "redis.example"), (["DNS:redis.example"], "127.0.0.1", "REDIS.example."),
        (["DNS:*.redis.example"], "localhost", "a.redis.example"),
        (["DNS:a.example", "DNS:localhost"], "localhost", nil),
        // As Redis's own script makes them: with a common name alone.
        ([], "127.0.0.1", "redis"),
    ]

    @Test("The name that the certificate must have is the URL's host, or the one that was given", arguments: names)
    func named(names: [String], host: String, serverName: String?) async throws {
        let authority = try await CertificateAuthority()
        let redis = try await TLSRedis(authority, try await authority.sign("redis", names: names))
        let daemon = try DaemonProcess(
            redisURL: redis.url(host: host),
            options: ["--redis-ca-file", authority.certificate]
                + (serverName.map { ["--redis-server-name", $0] } ?? []))
        try await daemon.waitUntilReady()
    }

    @Test("redis-py's words in the URL do as the options do, and the environment, too", arguments: [true, false])
    func words(inURL: Bool) async throws {
        let authority = try await CertificateAuthority()
        let (server, client) = (
            try await authority.sign("redis", names: ["IP:127.0.0.1"]), try await authority.sign("client")
        )
        let redis = try await TLSRedis(authority, server, wantsCertificates: true)
        let query =
            "?ssl_cert_reqs=required&ssl_ca_certs=\(authority.certificate)&ssl_certfile=\(client.certificate)"
            + "&ssl_keyfile=\(client.key)"
        let daemon = try DaemonProcess(
            redisURL: redis.url() + (inURL ? query : ""),
            environment: inURL
                ? [:]
                : [
                    "SESSIOND_REDIS_CA_FILE": authority.certificate,
                    "SESSIOND_REDIS_CERTIFICATE_FILE": client.certificate, "SESSIOND_REDIS_KEY_FILE": client.key,
                ])
        try await daemon.waitUntilReady()
    }

    @Test(
        "Without verification anybody is taken for Redis, which has to be asked for and is warned of",
        arguments: [["--redis-insecure"], []])
    func insecure(options: [String]) async throws {
        let authority = try await CertificateAuthority()
        let expired = try await authority.sign("redis", names: ["DNS:elsewhere.example"], days: -1)
        let redis = try await TLSRedis(authority, expired)
        let daemon = try DaemonProcess(
            redisURL: redis.url() + (options.isEmpty ? "?ssl_cert_reqs=none" : ""), options: options)
        try await daemon.waitUntilReady()
        #expect(daemon.log.contains("warning: the certificate of Redis is not verified"))
    }

    @Test("A frozen server is noticed after --link-timeout, and gone on with")
    func frozen() async throws {
        let authority = try await CertificateAuthority()
        let redis = try await TLSRedis(authority, try await authority.sign("redis", names: ["IP:127.0.0.1"]))
        let rig = try await Rig(
            redis: redis.server, redisURL: redis.url(),
            options: ["--redis-ca-file", authority.certificate, "--link-timeout", "1"])
        redis.server.signal(SIGSTOP)
        try await rig.waitForLink("lost")
        redis.server.signal(SIGCONT)
        try await rig.waitForLink("live")
        try await rig.write(Rig.newKey(), Rig.payload(user: "1"))
        try await rig.waitForSessions(1)
    }
}
