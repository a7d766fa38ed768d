import Testing

@testable import RedisTransport

/// Whom a certificate must name.
@Suite struct ServerNameTests {
    @Test(
        "Hosts are names or addresses; what belongs to neither is left out",
        arguments: [
            ("redis.example", ServerName.dns("redis.example")), ("redis.example.", .dns("redis.example")),
            ("127.0.0.1", .address("127.0.0.1")), ("::1", .address("::1")), ("fe80::1%eth0", .address("fe80::1")),
            ("127.0.0.1.example", .dns("127.0.0.1.example")), ("", .dns("")),
        ])
    func kinds(host: String, name: ServerName) {
        #expect(ServerName(host) == name)
    }

    @Test(
        "A name that no certificate can have is known as such",
        arguments: ["", "my_redis", "bücher.example", "a b", "*.example", String(repeating: "a", count: 254)])
    func impossible(host: String) {
        #expect(!ServerName(host).isPossible)
    }

    @Test(
        "Names are compared whole and without case; a wildcard is one label, the first",
        arguments: [
            ("redis.example", "redis.example", true), ("Redis.Example", "rEDIS.eXAMPLE", true),
            ("a.redis.example", "redis.example", false), ("redis.example", "*.example", false),
            ("a.redis.example", "*.redis.example", true), ("a.b.redis.example", "*.redis.example", false),
            ("redis.example", "*.redis.example", false), ("ab.redis.example", "a*.redis.example", false),
            ("a.redis.example", "a.*.example", false), ("localhost", "*", false), ("a.example", "*.*", false),
            ("redis.example", "", false),
        ])
    func matching(host: String, pattern: String, matches: Bool) {
        #expect(ServerName(host).isNamed(by: ["other.example", pattern]) == matches)
    }

    @Test("An address is no name, even where a certificate has it as one")
    func address() {
        #expect(!ServerName("127.0.0.1").isNamed(by: ["127.0.0.1"]))
    }

    @Test("Names of a certificate are printed without what could forge a log, and not all of them")
    func printing() {
        let names = AlternativeNames(
            dns: ["good.example", "x\nerror: \u{1b}[2Jé", String(repeating: "a", count: 300)],
            addresses: ["::1", "::2", "::3"])
        #expect(
            names.printable == [
                "good.example", "x?error:??[2J?", String(repeating: "a", count: 100), "::1", "::2", "1 more",
            ])
    }
}
