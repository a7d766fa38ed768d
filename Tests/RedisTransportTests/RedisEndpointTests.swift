import Testing

@testable import RedisTransport

/// redis-py's URL forms.
@Suite struct RedisEndpointTests {
    @Test(
        "What is no Redis URL is refused for its own reason, and never repeated",
        arguments: [
            ("localhost:6379", RedisURLError.notAURL), ("http://secret@h", .unknownScheme),
            ("rediss://:secret@h", .tlsNotSupported), ("unix://relative.sock", .relativeSocketPath),
            ("redis://:secret@h:port", .badPort), ("redis://:secret@h:0", .badPort),
            ("redis://:secret@h/one", .badDatabase),
            ("redis://h?db=-1", .badDatabase), ("redis://:%zz@h", .badEscape), ("redis://:%ff@h", .badEscape),
            ("redis://h?timeout=1", .unknownParameter),
        ]
    )
    func refused(url: String, reason: RedisURLError) {
        #expect(throws: reason) { try RedisEndpoint(url: url) }
        #expect(!"\(reason)".contains("secret"))
    }

    @Test(
        "redis-py's forms are read as redis-py reads them",
        arguments: [
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
            ("unix:///a%20b?password=x%26y", RedisEndpoint(address: .unix(path: "/a b"), password: "x&y")),
        ]
    )
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
