import Foundation
import TestSupport
import Testing

/// What the daemon says at its start of options for TLS.
@Suite struct TLSStartTests {
    private func serve(_ redisURL: String, _ options: [String]) async throws -> (Int32, String) {
        let daemon = try DaemonProcess(redisURL: redisURL, options: options)
        return (try await daemon.exitCode(), daemon.log)
    }

    private static let refusals: [(String, [String], String)] = [
        ("redis://h", ["--redis-ca-file", "/x"], "--redis-ca-file is for TLS"),
        ("redis://h", ["--redis-certificate-file", "/x"], "--redis-certificate-file is for TLS"),
        ("redis://h", ["--redis-key-file", "/x"], "--redis-key-file is for TLS"),
        ("redis://h", ["--redis-server-name", "x"], "--redis-server-name is for TLS"),
        ("unix:///r.sock", ["--redis-insecure"], "--redis-insecure is for TLS"),
        ("rediss://h", ["--redis-ca-file", "/nonexistent"], "--redis-ca-file: cannot use /nonexistent: no such file"),
        ("rediss://h", ["--redis-certificate-file", "/nonexistent"], "cannot use /nonexistent: no such file"),
        (
            "rediss://h", ["--redis-key-file", "/nonexistent"],
            "--redis-key-file is the key of --redis-certificate-file"
        ),
        ("rediss://h", ["--redis-insecure", "--redis-ca-file", "/x"], "remove one of them"),
        ("rediss://h?ssl_cert_reqs=none", ["--redis-ca-file", "/x"], "remove one of them"),
        ("rediss://h?ssl_cert_reqs=required", ["--redis-insecure"], "remove one of them"),
        ("rediss://h?ssl_ca_certs=/y", ["--redis-ca-file", "/x"], "--redis-ca-file and ssl_ca_certs"),
        ("rediss://h?ssl_certfile=/y", ["--redis-certificate-file", "/x"], "and ssl_certfile"),
        ("rediss://h", ["--redis-server-name", "127.0.0.1"], "--redis-server-name: expected a DNS name"),
        ("rediss://h", ["--redis-server-name", "my_redis"], "--redis-server-name: expected a DNS name"),
        ("rediss://h?ssl_check_hostname=false", [], "--redis-server-name"),
        ("rediss://h?ssl_min_version=3", [], "--redis-ca-file"),
    ]

    @Test("What does not go together or cannot be read is refused, with what to do", arguments: refusals)
    func refused(redisURL: String, options: [String], told: String) async throws {
        let (code, log) = try await serve(redisURL, options)
        #expect(code == 64)
        #expect(log.contains(told), "\(log)")
    }

    @Test("A private key that everybody may read is warned of, and used")
    func openKey() async throws {
        let authority = try await CertificateAuthority()
        let client = try await authority.sign("client")
        let redis = try await TLSRedis(
            authority, try await authority.sign("redis", names: ["IP:127.0.0.1"]), wantsCertificates: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: client.key)
        let daemon = try DaemonProcess(
            redisURL: redis.url(),
            options: [
                "--redis-ca-file", authority.certificate, "--redis-certificate-file", client.certificate,
                "--redis-key-file", client.key,
            ])
        try await daemon.waitUntilReady()
        #expect(daemon.log.contains("\(client.key) holds a private key, and others may read it (mode 0644)"))
    }
}
