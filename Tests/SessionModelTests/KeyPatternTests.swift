import SessionModel
import Testing

@Suite struct KeyPatternTests {
    @Test(
        "A pattern without the placeholder, or with two of them, is none",
        arguments: [
            "", "django_sessions:", "{session_key}{session_key}", "a{session_key}b{session_key}c", "{session-key}",
            "{SESSION_KEY}", "django_sessions:{session_key",
        ]
    )
    func refused(text: String) {
        #expect(KeyPattern(text) == nil)
    }

    /// A pattern, a session key and the key in Redis that they make.
    struct Pair: Sendable {
        var pattern: String
        var session: String
        var redis: String
    }

    @Test(
        "The key in Redis and the session key lead to each other",
        arguments: [
            Pair(pattern: "django_sessions:{session_key}", session: "abc", redis: "django_sessions:abc"),
            Pair(pattern: "{session_key}", session: "abc", redis: "abc"),
            Pair(pattern: "s:{session_key}:v1", session: "a:b:v1", redis: "s:a:b:v1:v1"),
            Pair(pattern: "a{session_key}a", session: "a", redis: "aaa"),
            Pair(
                pattern: ":1:django.contrib.sessions.cache{session_key}",
                session: "k",
                redis: ":1:django.contrib.sessions.cachek"
            ),
            Pair(pattern: "[x]*?\\{session_key}", session: "*", redis: "[x]*?\\*"),
            Pair(pattern: "s:{session_key}", session: " \"quoted\"\r\n\0", redis: "s: \"quoted\"\r\n\0"),
            Pair(pattern: "s:{session_key}\u{301}", session: "e", redis: "s:e\u{301}"),
        ]
    )
    func roundTrip(pair: Pair) throws {
        let pattern = try #require(KeyPattern(pair.pattern))
        let key = try #require(SessionKey(pair.session))
        #expect(pattern.redisKey(of: key) == Array(pair.redis.utf8))
        #expect(pattern.sessionKey(of: Array(pair.redis.utf8)[...]) == key)
    }

    @Test(
        "A key in Redis that is not of the pattern holds no session",
        arguments: [
            "", "django_sessions", "django_sessions:", "django_sessions:x", "Django_sessions:x:v1", ":v1",
            "django_sessions::v1",
        ]
    )
    func foreign(redisKey: String) throws {
        let pattern = try #require(KeyPattern("django_sessions:{session_key}:v1"))
        #expect(pattern.sessionKey(of: Array(redisKey.utf8)[...]) == nil)
    }

    @Test("A key in Redis that is too long or no UTF-8 is no session's")
    func unusable() {
        let prefix = Array("django_sessions:".utf8)
        #expect(KeyPattern.default.sessionKey(of: (prefix + [UInt8](repeating: 0x61, count: 512))[...]) != nil)
        #expect(KeyPattern.default.sessionKey(of: (prefix + [UInt8](repeating: 0x61, count: 513))[...]) == nil)
        #expect(KeyPattern.default.sessionKey(of: (prefix + [0xFF])[...]) == nil)
        #expect(KeyPattern.default.sessionKey(of: (prefix + [0xC3])[...]) == nil)
    }

    @Test("The prefix and the suffix match nothing but themselves")
    func glob() throws {
        let pattern = try #require(KeyPattern("a*b?[c-d^]\\{session_key}*e]"))
        #expect(String(decoding: pattern.scanPattern, as: UTF8.self) == #"a\*b\?\[c-d^\]\\*\*e\]"#)
        #expect(
            String(decoding: pattern.channelPattern(database: 3), as: UTF8.self)
                == #"__keyspace@3__:a\*b\?\[c-d^\]\\*\*e\]"#
        )
        #expect(KeyPattern.default.scanPattern == Array("django_sessions:*".utf8))
    }

    @Test(
        "A pattern describes itself as it was given",
        arguments: ["django_sessions:{session_key}", "{session_key}", "é{session_key}!"]
    )
    func description(text: String) throws {
        #expect(try #require(KeyPattern(text)).description == text)
    }
}
