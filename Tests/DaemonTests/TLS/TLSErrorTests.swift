import Foundation
import TestSupport
import Testing

/// Each thing that can be wrong with TLS has an error of its own, which says what to do; and the daemon goes on trying.
@Suite struct TLSErrorTests {
    private let authority: CertificateAuthority
    private let good: CertificateAuthority.Identity

    init() async throws {
        authority = try await CertificateAuthority()
        good = try await authority.sign("redis", names: ["IP:127.0.0.1"])
    }

    /// A daemon that is told to trust the test's authority.
    private func daemon(
        _ redisURL: String, trusting file: String? = nil, options: [String] = []
    ) throws -> DaemonProcess {
        try DaemonProcess(
            redisURL: redisURL, options: ["--redis-ca-file", file ?? authority.certificate] + options)
    }

    /// Waits until both connections of the link have been refused, each for this reason.
    private func expect(_ daemon: DaemonProcess, toSay text: String, andAdvise advice: String) async throws {
        for line in ["asking", "subscribing"] {
            try await eventually("'\(text)' of the \(line) connection; the log says: \(daemon.log)") {
                daemon.log.split(separator: "\n").contains {
                    $0.contains("warning: \(line) connection to Redis: ") && $0.contains(text) && $0.contains(advice)
                }
            }
        }
        #expect(!daemon.log.contains("ready"))
    }

    @Test("An expired certificate; and the daemon is ready by itself when the server has a good one")
    func expired() async throws {
        let expired = try await authority.sign("expired", names: ["IP:127.0.0.1"], days: -1)
        let redis = try await TLSRedis(authority, expired)
        let daemon = try daemon(redis.url())
        try await expect(daemon, toSay: "the certificate of Redis expired at 20", andAdvise: "renew it")
        try await redis.server.command("CONFIG", "SET", "tls-cert-file", good.certificate, "tls-key-file", good.key)
        try await daemon.waitUntilReady()
    }

    private static let names: [(names: [String], host: String, options: [String], told: String)] = [
        (["DNS:other.example"], "127.0.0.1", [], "is for other.example, not for 127.0.0.1"),
        (["IP:127.0.0.2"], "127.0.0.1", [], "is for 127.0.0.2, not for 127.0.0.1"),
        (["IP:127.0.0.1"], "localhost", [], "is for 127.0.0.1, not for localhost"),
        (["DNS:localhost"], "localhost", ["--redis-server-name", "a.example"], "is for localhost, not for a.example"),
        (
            ["DNS:*.b.example"], "127.0.0.1", ["--redis-server-name", "b.example"],
            "is for *.b.example, not for b.example"
        ),
        ([], "127.0.0.1", [], "is for nobody by name, not for 127.0.0.1"),
    ]

    @Test(
        "A certificate of another name, and nothing is said to the server before, least of all the password",
        arguments: names)
    func wrongName(names: [String], host: String, options: [String], told: String) async throws {
        let redis = try await TLSRedis(authority, try await authority.sign("redis", names: names))
        let daemon = try daemon(redis.url(host: host, credentials: ":hunter2@"), options: options)
        try await expect(daemon, toSay: told, andAdvise: "--redis-server-name")
        #expect(!daemon.log.contains("hunter2"))
        #expect(!(try await redis.server.command("INFO", "commandstats")).contains("cmdstat_auth"))
        // Where nobody looks at the name it would have been said.
        let insecure = try DaemonProcess(
            redisURL: redis.url(host: host, credentials: ":hunter2@"), options: ["--redis-insecure"])
        try await eventually("AUTH; \(insecure.log)") {
            try await redis.server.command("INFO", "commandstats").contains("cmdstat_auth")
        }
    }

    @Test("A host that no certificate can name")
    func impossibleName() async throws {
        let redis = try await TLSRedis(authority, good)
        let daemon = try daemon(redis.url(host: "my_redis"))
        try await expect(daemon, toSay: "no certificate can be for my_redis", andAdvise: "--redis-server-name")
    }

    @Test("An authority that is not trusted, by a file or by the system; the right one is read without a restart")
    func unknownAuthority() async throws {
        let redis = try await TLSRedis(authority, good)
        let folder = try TemporaryFolder()
        let other = try await CertificateAuthority()
        func install(_ certificate: String) throws -> String {
            try folder.write(String(contentsOfFile: certificate, encoding: .utf8), to: "ca.crt")
        }
        let file = try install(other.certificate)
        let system = try DaemonProcess(redisURL: redis.url())
        let daemon = try daemon(redis.url(), trusting: file)
        try await expect(daemon, toSay: "is of no authority in \(file)", andAdvise: "--redis-ca-file")
        try await expect(system, toSay: "is of no authority that this system trusts", andAdvise: "--redis-ca-file")
        _ = try folder.write("half a file", to: "ca.crt")
        try await daemon.waitForLog("--redis-ca-file: cannot use \(file): it holds no certificate in PEM form")
        _ = try install(authority.certificate)
        try await daemon.waitUntilReady()
        #expect(daemon.log.contains("read the renewed files"))
    }

    @Test("A certificate that is for clients alone makes no server")
    func clientsAlone() async throws {
        let client = try await authority.sign("client", names: ["IP:127.0.0.1"], usage: "clientAuth")
        let redis = try await TLSRedis(authority, client)
        let daemon = try daemon(redis.url())
        try await expect(daemon, toSay: "or is none for a server", andAdvise: "--redis-ca-file")
    }

    @Test("An authority that has expired itself")
    func expiredAuthority() async throws {
        let redis = try await TLSRedis(authority, good)
        let file = try await authority.expiredCertificate()
        let daemon = try daemon(redis.url(), trusting: file)
        try await expect(daemon, toSay: "the authority in \(file) expired at 20", andAdvise: "--redis-ca-file")
    }

    @Test("A client's certificate that is missing", arguments: ["TLSv1.2", "TLSv1.3"])
    func missingClientCertificate(version: String) async throws {
        let redis = try await TLSRedis(
            authority, good, wantsCertificates: true, options: ["--tls-protocols", version])
        let daemon = try daemon(redis.url())
        try await expect(
            daemon, toSay: "Redis wants a certificate of its clients (tls-auth-clients)",
            andAdvise: "--redis-certificate-file")
    }

    @Test(
        "A client's certificate of another authority, and one that has expired; a renewed one is taken up",
        arguments: ["TLSv1.2", "TLSv1.3"])
    func refusedClientCertificate(version: String) async throws {
        let redis = try await TLSRedis(
            authority, good, wantsCertificates: true, options: ["--tls-protocols", version])
        let (foreign, expired, renewed) = (
            try await CertificateAuthority().sign("client"), try await authority.sign("expired", days: -1),
            try await authority.sign("renewed")
        )
        let folder = try TemporaryFolder()
        func install(_ identity: CertificateAuthority.Identity) throws -> String {
            let both = [identity.certificate, identity.key].map {
                (try? String(contentsOfFile: $0, encoding: .utf8)) ?? ""
            }
            return try folder.write(both.joined(), to: "client.pem")
        }
        let file = try install(foreign)
        let daemon = try daemon(redis.url(), options: ["--redis-certificate-file", file])
        try await daemon.waitForLog("the client's certificate in \(file): it is of no authority")
        _ = try install(expired)
        try await daemon.waitForLog("the client's certificate in \(file), which has expired: renew it")
        #expect(!daemon.log.contains("ready"))
        _ = try install(renewed)
        try await daemon.waitUntilReady()
    }

    @Test("TLS to a port that speaks plain text")
    func plainPort() async throws {
        let redis = try await TLSRedis(authority, good)
        let plain = Int.random(in: 30_000..<30_500)
        try await redis.server.command("CONFIG", "SET", "port", "\(plain)")
        let daemon = try daemon("rediss://127.0.0.1:\(plain)", options: ["--link-timeout", "1"])
        try await expect(daemon, toSay: "127.0.0.1:\(plain) ", andAdvise: "is that the server's tls-port?")
    }

    private static let answers: [(answer: String, told: String)] = [
        ("SYSTEM:echo -ERR unknown command; cat >/dev/null", "does not speak TLS"),
        ("SYSTEM:true", "closed the connection during the TLS handshake"),
    ]

    @Test("A port whose server answers TLS with something else, or with nothing", arguments: answers)
    func strangers(answer: String, told: String) async throws {
        let port = Int.random(in: 30_500..<31_200)
        let server = try ChildProcess("socat", ["TCP-LISTEN:\(port),bind=127.0.0.1,fork,reuseaddr", answer])
        let daemon = try daemon("rediss://127.0.0.1:\(port)")
        try await expect(daemon, toSay: "127.0.0.1:\(port) \(told)", andAdvise: "is that the server's tls-port?")
        #expect(server.isRunning)
    }

    @Test("A server that closes the connection behind the handshake", arguments: [true, false])
    func closing(hasCertificate: Bool) async throws {
        let port = Int.random(in: 31_200..<32_000)
        let server = try ChildProcess(
            "socat",
            [
                "OPENSSL-LISTEN:\(port),bind=127.0.0.1,fork,reuseaddr,verify=0,cert=\(good.certificate),key=\(good.key)",
                "SYSTEM:true",
            ])
        let client = ["--redis-certificate-file", good.certificate, "--redis-key-file", good.key]
        let daemon = try daemon("rediss://127.0.0.1:\(port)", options: hasCertificate ? client : [])
        try await expect(
            daemon, toSay: "closed the connection right after the TLS handshake", andAdvise: "--redis-certificate-file")
        #expect(server.isRunning)
    }

    @Test("Plain text to a port that speaks TLS")
    func tlsPort() async throws {
        let redis = try await TLSRedis(authority, good)
        let daemon = try DaemonProcess(redisURL: "redis://127.0.0.1:\(redis.port)")
        try await expect(daemon, toSay: "closed the connection without a word", andAdvise: "write rediss://")
    }

    @Test("A port whose server wants TLS of another age")
    func versions() async throws {
        let redis = try await TLSRedis(authority, good, options: ["--tls-protocols", "TLSv1.1"])
        let daemon = try daemon(redis.url())
        try await expect(daemon, toSay: "no version or cipher of TLS in common", andAdvise: "tls-protocols")
    }
}
