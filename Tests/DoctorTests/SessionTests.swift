import DjangoSession
import RedisTransport
import SessionModel
import TestSupport
import Testing

@testable import Doctor

@Suite struct SessionTests {
    private static let signer = DjangoSigner(secretKey: "right")
    private static let old = DjangoSigner(secretKey: "old")
    private static let login = #"{"_auth_user_id":"7","_auth_user_backend":"b.B"}"#
    private static let decoder = SessionDecoder(
        verification: .keys([SecretKey(Array("right".utf8)), SecretKey(Array("old".utf8))]))
    private static let endpoint = RedisEndpoint(address: .unix(path: "/r"))

    private static func sample(
        _ values: [StoredValue.Content], expiry: StoredValue.Expiry = .after(milliseconds: 1000)
    ) throws -> SessionSample {
        var sample = SessionSample(isComplete: true)
        for (number, content) in values.enumerated() {
            let key = try #require(SessionKey("key-\(number)"))
            sample.entries.append(.init(key: key, value: StoredValue(content: content, expiry: expiry, askedAt: 0)))
        }
        return sample
    }

    private static func counts(_ values: [[UInt8]], _ decoder: SessionDecoder = decoder) throws -> ValueCounts {
        ValueCounts(try sample(values.map { .string($0) }), decoder)
    }

    private static func findings(
        _ values: [[UInt8]], keyCount: Int = 2, isOfCache: Bool = false, _ decoder: SessionDecoder = decoder
    ) throws -> [Finding] {
        ValueExamination(keyCount: keyCount, isOfCache: isOfCache).findings(try counts(values, decoder))
    }

    // MARK: Values

    @Test("Values are counted by key, and by whether somebody is logged in")
    func byKey() throws {
        let values = [Self.signer.signing(Self.login), Self.signer.signing("{}"), Self.old.signing(Self.login)]
        let findings = try Self.findings(values)
        #expect(findings.map(\.id) == [.valuesVerified, .valuesWritten])
        #expect(
            findings.first?.what
                == "3 of 3 values verify: 2 with SECRET_KEY, 1 with fallback 1; 2 logged in, 1 anonymous")
    }

    @Test(
        "Most misfits are a wrong key, few are an old one",
        arguments: [
            (0, 3, FindingID.valuesWrongKey), (1, 2, .valuesWrongKey), (2, 2, .valuesOldKey), (5, 1, .valuesOldKey),
        ])
    func misfits(good: Int, bad: Int, expected: FindingID) throws {
        let stranger = DjangoSigner(secretKey: "strange")
        let values =
            Array(repeating: Self.signer.signing(Self.login), count: good)
            + Array(repeating: stranger.signing(Self.login), count: bad)
        let findings = try Self.findings(values)
        #expect(findings.contains { $0.id == expected })
        #expect(findings.contains { $0.id == .valuesVerified } == (expected == .valuesOldKey))
        #expect(findings.contains { $0.level == .error } == (expected == .valuesWrongKey))
    }

    @Test("A key that signs nothing is noted, by where it stands")
    func unused() throws {
        let first = try Self.findings([Self.signer.signing(Self.login)]).first { $0.id == .valuesFallback }
        #expect(first?.what == "no value of these is signed with fallback 1")
        let second = try Self.findings([Self.old.signing(Self.login)]).first { $0.id == .valuesFallback }
        #expect(second?.what.contains("SECRET_KEY") == true)
        let one = SessionDecoder(verification: .keys([SecretKey(Array("right".utf8))]))
        #expect(
            try Self.findings([Self.signer.signing(Self.login)], keyCount: 1, one).allSatisfy {
                $0.id != .valuesFallback
            })
    }

    @Test("Values of the other encoding are told by its option")
    func encoding() throws {
        let json = Array(Self.login.utf8)
        let asSigned = try Self.findings([json, json, Self.signer.signing("{}")])
        #expect(asSigned.map(\.id) == [.valuesEncoding])
        #expect(asSigned.first?.mend == ["--encoding cache"])
        let cache = SessionDecoder(cacheSerializer: nil)
        let asCache = try Self.findings([Self.signer.signing("{}")], keyCount: 0, isOfCache: true, cache)
        #expect(asCache.first?.mend == ["--encoding signed, with --secret-key-file"])
        let right = try Self.findings([json], keyCount: 0, isOfCache: true, cache)
        #expect(right.map(\.id) == [.valuesUnverified, .valuesWritten])
        #expect(right.map(\.level) == [.note, .ok])
    }

    @Test("What nothing vouches for is a warning where a key could")
    func unverified() throws {
        let findings = try Self.findings(
            [Self.signer.signing(Self.login)], keyCount: 0, SessionDecoder(verification: .none))
        #expect(findings.first?.id == .valuesUnverified && findings.first?.level == .warning)
    }

    @Test("Forms tell the generation, and two of them are noted")
    func generations() throws {
        let legacy = try Self.findings([Self.signer.legacy(Self.login)])
        #expect(legacy.first { $0.id == .valuesWritten }?.what.contains("1 by Django 1.5 to 3.0") == true)
        let both = try Self.findings([
            Self.signer.legacy(Self.login), Self.signer.signing(Self.login, compression: .always),
        ])
        let finding = try #require(both.first { $0.id == .valuesWritten })
        #expect(finding.level == .note)
        // Compressed or not is one way to write.
        let long = try Self.findings(
            [
                Self.signer.signing(Self.login, compression: .always),
                Self.signer.signing(Self.login, compression: .never),
            ])
        #expect(long.first { $0.id == .valuesWritten }?.what == "written 2 by Django 3.1 or later (signing, json)")
    }

    @Test("No finding on values where there are none, nor of what is no string")
    func none() throws {
        #expect(try Self.findings([]).isEmpty)
        let odd = try Self.sample([.otherType, .absent])
        let counts = ValueCounts(odd, Self.decoder)
        #expect(counts.totalCount == 0)
        #expect(ExpiryExamination.finding(counts, .default, Self.endpoint) == nil)
        let foreign = KeyExamination(pattern: .default).findings(odd).first { $0.id == .keysForeign }
        #expect(foreign?.what.hasPrefix("1 key ") == true)
    }

    @Test("Sessions without an end are counted, and nothing that may be other data is given one")
    func lasting() throws {
        let session = StoredValue.Content.string(Self.signer.signing(Self.login))
        let lasting = ValueCounts(try Self.sample([session, session, .string([])], expiry: .never), Self.decoder)
        let finding = try #require(ExpiryExamination.finding(lasting, .default, Self.endpoint))
        #expect(finding.what == "2 of 2 sessions never expire")
        #expect(finding.mend.first?.contains("redis-cli -s /r --scan --pattern 'django_sessions:*'") == true)
        let everything = try #require(KeyPattern("{session_key}"))
        let bare = try #require(ExpiryExamination.finding(lasting, everything, Self.endpoint))
        #expect(bare.mend.allSatisfy { !$0.contains("--scan") })
        let other = ValueCounts(try Self.sample([.string([]), .long([])], expiry: .never), Self.decoder)
        #expect(
            ExpiryExamination.finding(other, .default, Self.endpoint) == nil, "none of them is known to be a session")
        #expect(other.totalCount == 1)
        let ending = ValueCounts(try Self.sample([session]), Self.decoder)
        #expect(ExpiryExamination.finding(ending, .default, Self.endpoint)?.level == .ok)
    }

    // MARK: Where they are

    private static let key = "0123456789abcdefghijklmnopqrstuv"

    @Test(
        "A prefix is what stands before a session key",
        arguments: [
            ("", "" as String?), ("django_sessions:", "django_sessions:"), ("a:b:", "a:b:"), ("session-", "session-"),
            (":1:django.contrib.sessions.cache", ":1:django.contrib.sessions.cache"),
            ("shop:3:django.contrib.sessions.cached_db", "shop:3:django.contrib.sessions.cached_db"),
            (":1:qsessions.q_cached_db", ":1:qsessions.q_cached_db"),
            // A longer run of letters, which may be another credential, a name that goes on, and what steers a terminal.
            ("x", nil), ("0123456789abcdef0123:", nil), ("prefix\n:", nil), ("prefix\u{1B}:", nil),
            ("prefix\u{7F}:", nil),
        ])
    func prefix(text: String, expected: String?) {
        #expect(LikelyPrefix(of: Array((text + Self.key).utf8))?.text == expected)
    }

    @Test(
        "What is no session key has no prefix",
        arguments: [
            "short", "0123456789ABCDEFGHIJKLMNOPQRSTUV", "django_sessions:0123456789abcdefghijklmnopqrst-v",
            "0123456789abcdefghijklmnopqrst:uv",
        ])
    func noKey(name: String) {
        #expect(LikelyPrefix(of: Array(name.utf8)) == nil)
    }

    @Test("A prefix that is no text is not shown")
    func noText() {
        #expect(LikelyPrefix(of: [0xFF, UInt8(ascii: ":")] + Array(Self.key.utf8)) == nil)
    }

    @Test("A value's kind is told with the keys, without, and as one of a cache")
    func kinds() throws {
        let taster = ValueTaster(decoder: Self.decoder)
        let plain = try #require(LikelyPrefix(of: Array("x:\(Self.key)".utf8)))
        let named = try #require(LikelyPrefix(of: Array("session:\(Self.key)".utf8)))
        #expect(taster.kind(of: [Array("?".utf8), Self.old.signing("{}")], under: plain) == .verified)
        #expect(taster.kind(of: [DjangoSigner(secretKey: "no").signing("{}")], under: plain) == .signed)
        #expect(taster.kind(of: [Array(Self.login.utf8)], under: plain) == .cache)
        // Any dictionary may lie in a cache.
        #expect(taster.kind(of: [Array(#"{"a":1}"#.utf8)], under: plain) == .other)
        #expect(taster.kind(of: [Array(#"{"a":1}"#.utf8)], under: named) == .cache)
        #expect(taster.kind(of: [], under: named) == .other)
        let cache = ValueTaster(decoder: SessionDecoder(cacheSerializer: nil))
        #expect(cache.kind(of: [Array(#"{"a":1}"#.utf8)], under: plain) == .other)
        #expect(cache.kind(of: [Array(Self.login.utf8)], under: plain) == .verified)
    }

    private static let missing = MissingKeys(endpoint: endpoint, pattern: .default, isOfCache: false)

    private static func place(_ prefix: String, _ count: Int, _ kind: ValueKind?) throws -> MissingKeys.Place {
        .init(prefix: try #require(LikelyPrefix(of: Array((prefix + key).utf8))), count: count, kind: kind)
    }

    @Test("The likeliest other place is named with its options")
    func elsewhere() throws {
        var around = MissingKeys.Surroundings()
        around.places = [
            try Self.place("etag:", 9, .other), try Self.place("", 5, .cache), try Self.place("session:", 2, nil),
        ]
        let finding = Self.missing.finding(around)
        #expect(finding.id == .keysElsewhere && finding.level == .error)
        #expect(finding.mend == ["--key-pattern '{session_key}' --encoding cache"])
        #expect(finding.what.contains("also session:{session_key} (2)"))
        around.isPatternScanComplete = false
        #expect(Self.missing.finding(around).level == .warning)
    }

    @Test("A database with such keys comes before all else, and no place at all is a note")
    func databases() throws {
        var around = MissingKeys.Surroundings(databases: [3, 5])
        around.places = [try Self.place("", 5, .verified)]
        #expect(Self.missing.finding(around).mend == ["--redis-url 'unix:///r?db=3'"])
        let empty = Self.missing.finding(.init(places: [try Self.place("", 5, .other)], keyCount: 5))
        #expect(empty.id == .keysNone && empty.level == .note)
        #expect(Self.missing.finding(.init(isComplete: false)).what.contains("as far as was looked"))
    }

    @Test("Half of the keys behind another prefix is no prefix of all")
    func innerPrefix() throws {
        func ids(_ names: [String]) throws -> [FindingID] {
            var sample = SessionSample()
            for name in names {
                let key = try #require(SessionKey(name))
                sample.entries.append(
                    .init(key: key, value: StoredValue(content: .string([]), expiry: .never, askedAt: 0)))
            }
            return KeyExamination(pattern: .default).findings(sample).map(\.id)
        }
        let inner = "django_sessions:\(Self.key)"
        #expect(try ids([inner, inner, Self.key]) == [.keysFound, .keysWithInnerPrefix])
        #expect(try ids([inner, Self.key]) == [.keysFound])
        #expect(try ids([Self.key]) == [.keysFound])
    }
}
