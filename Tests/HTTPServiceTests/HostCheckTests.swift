import Testing

@testable import HTTPService

/// Who may be meant by a request, and whose page may send it.
@Suite struct HostCheckTests {
    private let check = HostCheck(bound: "10.1.2.3", further: ["Sessions.Example", "fe80::1"])

    @Test(
        "The address itself, this host's own names and those that were given pass, with any port",
        arguments: [
            "localhost", "LocalHost:9180", "127.0.0.1", "127.0.0.1:9180", "[::1]", "[::1]:80", "10.1.2.3:9180",
            "sessions.example", "SESSIONS.example:443", "[fe80::1]:1",
        ])
    func passing(_ host: String) {
        #expect(check.refusal(hosts: [host], origins: []) == nil)
    }

    @Test(
        "Every other name is foreign, also one that somebody's server gives out for this host",
        arguments: [
            "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "[::2]", "localhost.",
            "xlocalhost",
        ])
    func foreign(_ host: String) {
        #expect(check.refusal(hosts: [host], origins: []) == .foreignHost)
    }

    @Test(
        "What is given as a further name has no port, which would never be compared",
        arguments: [
            ("shop.example", true), ("10.0.0.1", true), ("fe80::1", true), ("[fe80::1]", true),
            ("shop.example:8080", false), ("10.0.0.1:80", false), ("[fe80::1]:80", false), ("[fe80::1", false),
            ("", false),
        ])
    func names(_ text: String, isName: Bool) {
        #expect(HostCheck.isName(text) == isName)
    }

    @Test(
        "One Host has to be named, and be one",
        arguments: [[], [""], ["localhost", "localhost"], ["localhost:x"], [":80"], ["[::1"], ["[::1]x"], ["a b:"]])
    func none(_ hosts: [String]) {
        #expect(check.refusal(hosts: hosts, origins: []) != nil)
    }

    @Test(
        "Another page's Origin is refused, the door's own passes",
        arguments: [
            (["http://localhost:9180"], nil), (["HTTP://LOCALHOST:9180"], nil), (["https://localhost:9180"], nil),
            (["http://localhost"], .foreignOrigin), (["http://localhost:9181"], .foreignOrigin),
            (["http://evil.example"], .foreignOrigin), (["null"], .foreignOrigin), ([""], .foreignOrigin),
            (["file://localhost:9180"], .foreignOrigin),
            (["http://localhost:9180", "http://evil.example"], .foreignOrigin),
        ] as [([String], HostCheck.Refusal?)])
    func origins(_ origins: [String], refusal: HostCheck.Refusal?) {
        #expect(check.refusal(hosts: ["localhost:9180"], origins: origins) == refusal)
    }
}
