import Testing

@testable import RedisTransport

/// redis-py's URL forms.
@Suite struct RedisEndpointTests {
    private static let refusals: [(String, RedisURLError)] = [
        ("localhost:6379", .notAURL), ("", .notAURL), ("http://secret@h", .unknownScheme),
        ("redis://:secret@h?ssl_cert_reqs=none", .tlsParameterWithoutTLS),
        ("unix://relative.sock", .relativeSocketPath),
        ("unix://", .relativeSocketPath), ("redis://:secret@h:port", .badPort), ("redis://:secret@h:0", .badPort),
        ("redis://h:65536", .badPort), ("redis://h:+1", .badPort), ("redis://[::1]6379", .badPort),
        ("redis://[::1", .badPort), ("redis://:secret@h/one", .badDatabase), ("redis://h/+1", .badDatabase),
        ("redis://h?db=-1", .badDatabase), ("redis://:%zz@h", .badEscape), ("redis://:%+5@h", .badEscape),
        ("redis://:%5@h", .badEscape), ("redis://:%ff@h", .badEscape), ("redis://h?timeout=1", .unknownParameter),
        ("unix:///r.sock?ssl_certfile=/secret", .tlsParameterWithoutTLS), ("rediss://h?timeout=1", .unknownParameter),
        ("rediss://h?ssl_cert_reqs=secret", .badCertificateRequirement),
        ("rediss://h?ssl_check_hostname=false", .hostnameUnchecked), ("rediss://h?ssl_ciphers=a", .unknownTLSParameter),
        ("rediss://h?ssl_ca_path=/secret", .unknownTLSParameter), ("rediss://:secret@h:0", .badPort),
    ]

    @Test(
        "What is no Redis URL is refused for its own reason, and never repeated",
        arguments: refusals
    )
    func refused(url: String, reason: RedisURLError) {
        #expect(throws: reason) { try RedisEndpoint(url: url) }
        #expect(!"\(reason)".contains("secret"))
    }

    /// Checked against redis-py's own `parse_url`, but for an unescaped "/" in a password, which it does not allow.
    private static let forms: [(String, RedisEndpoint)] = [
        ("redis://", RedisEndpoint(address: .tcp(host: "localhost", port: 6379))),
        ("redis://h", RedisEndpoint(address: .tcp(host: "h", port: 6379))),
        ("redis://h:7000/3", RedisEndpoint(address: .tcp(host: "h", port: 7000), database: 3)),
        ("redis://h?db=4", RedisEndpoint(address: .tcp(host: "h", port: 6379), database: 4)),
        ("redis://:pw@h/1", RedisEndpoint(address: .tcp(host: "h", port: 6379), password: "pw", database: 1)),
        ("redis://u:p%40w@h", RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "u", password: "p@w")),
        ("redis://u:p@ss@h", RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "u", password: "p@ss")),
        ("redis://[::1]:7000/2", RedisEndpoint(address: .tcp(host: "::1", port: 7000), database: 2)),
        ("unix:///run/r.sock", RedisEndpoint(address: .unix(path: "/run/r.sock"))),
        ("unix:///run/r.sock?db=5", RedisEndpoint(address: .unix(path: "/run/r.sock"), database: 5)),
        ("unix://u:p@/run/r.sock", RedisEndpoint(address: .unix(path: "/run/r.sock"), user: "u", password: "p")),
        ("REDIS://h", RedisEndpoint(address: .tcp(host: "h", port: 6379))),
        ("redis://h:", RedisEndpoint(address: .tcp(host: "h", port: 6379))),
        ("redis://h/2/", RedisEndpoint(address: .tcp(host: "h", port: 6379), database: 2)),
        ("redis://h/1?db=2", RedisEndpoint(address: .tcp(host: "h", port: 6379), database: 2)),
        ("redis://my%2Dhost", RedisEndpoint(address: .tcp(host: "my-host", port: 6379))),
        ("redis://app@h", RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "app")),
        (
            "redis://h?username=u&password=a+b%2Bc",
            RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "u", password: "a b+c")
        ),
        (
            "redis://u:p@h?username=x&password=y",
            RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "u", password: "p")
        ),
        ("unix:///run@/r.sock", RedisEndpoint(address: .unix(path: "/run@/r.sock"))),
        ("unix://u:a/b@/r.sock", RedisEndpoint(address: .unix(path: "/r.sock"), user: "u", password: "a/b")),
        ("unix:///a%20b?password=x%26y", RedisEndpoint(address: .unix(path: "/a b"), password: "x&y")),
    ]

    private static func tls(_ change: (inout TLSSettings) -> Void = { _ in }) -> RedisEndpoint {
        var settings = TLSSettings()
        change(&settings)
        return RedisEndpoint(address: .tcp(host: "h", port: 6379), tls: settings)
    }

    private static let tlsForms: [(String, RedisEndpoint)] = [
        ("rediss://h", tls()), ("REDISS://h/", tls()), ("rediss://h?ssl_check_hostname=True", tls()),
        ("rediss://h?ssl_cert_reqs=none", tls { $0.verifies = false }),
        ("rediss://h?ssl_cert_reqs=required", tls { $0.verifies = true }),
        ("rediss://h?ssl_cert_reqs=optional", tls { $0.verifies = true }),
        (
            "rediss://h?ssl_ca_certs=/a%20b&ssl_certfile=c&ssl_keyfile=k",
            tls { ($0.caFile, $0.certificateFile, $0.keyFile) = ("/a b", "c", "k") }
        ),
    ]

    @Test("rediss:// asks for TLS, in redis-py's words; verified unless it says otherwise", arguments: tlsForms)
    func secured(url: String, endpoint: RedisEndpoint) throws {
        let read = try RedisEndpoint(url: url)
        #expect(read == endpoint)
        #expect(read.tls?.isVerified == (endpoint.tls?.verifies != false))
        #expect("\(read)" == "rediss://h:6379/0")
    }

    @Test("redis-py's forms are read as redis-py reads them", arguments: forms)
    func accepted(url: String, endpoint: RedisEndpoint) throws {
        #expect(try RedisEndpoint(url: url) == endpoint)
    }

    @Test("A description and a reflection name the address, not the credentials")
    func silence() throws {
        let endpoint = try RedisEndpoint(url: "redis://user:secret@h:1/2")
        #expect("\(endpoint)" == "redis://h:1/2")
        var text = ""
        dump(endpoint, to: &text)
        #expect(!text.contains("secret") && !text.contains("user"))
    }
}
