import RESP
import RedisTransport
import SessionModel
import Testing

@testable import Doctor

@Suite struct AccessTests {
    private static let endpoint = RedisEndpoint(address: .tcp(host: "localhost", port: 6379), user: "anna")

    private static func examination(
        _ version: RedisVersion? = nil, invalidation: InvalidationPreference = .auto, database: Int = 0,
        user: String? = "anna"
    ) -> AccessExamination {
        var endpoint = endpoint
        endpoint.database = database
        endpoint.user = user
        return AccessExamination(
            line: AccessLine(endpoint: endpoint, keyPattern: .default, invalidation: invalidation, version: version))
    }

    private static let fine = AccessExamination.Beyond(foreignRead: .noKey, deletion: .status(Array("OK".utf8)))

    private static func trials(_ refused: [String: RESPValue] = [:]) -> [AccessExamination.Trial] {
        examination().line.commands.map { command in
            let channel = ["subscribe": "__redis__:invalidate", "psubscribe": "__keyspace@0__:django_sessions:*"][
                command]
            return .init(command: command, reply: refused[command] ?? .integer(1), channel: channel)
        }
    }

    @Test("A user who may do it all lacks nothing")
    func sufficient() {
        #expect(Self.examination().findings(Self.trials(), Self.fine).map(\.id) == [.accessSufficient, .accessRevoke])
    }

    @Test(
        "What is refused is named as an ACL has it, and asked for at once",
        arguments: [
            (["get": RESPValue.noPermission], "+get", FindingID.accessMissing),
            (["get": .noKey], "%R~django_sessions:*", .accessMissing),
            (["psubscribe": .noChannel], "&__keyspace@0__:django_sessions:*", .accessMissing),
            (["subscribe": .noChannel], "&__redis__:invalidate", .accessLimited),
            (["role": .noPermission], "+role", .accessLimited),
            (["client|id": .noPermission, "role": .noPermission], "+role +client|id", .accessLimited),
            (["get": .noPermission, "role": .noPermission], "+get +role", .accessMissing),
            (["get": .noKey, "pttl": .noKey], "%R~django_sessions:*", .accessMissing),
        ])
    func missing(refused: [String: RESPValue], rights: String, id: FindingID) throws {
        let findings = Self.examination().findings(Self.trials(refused), Self.fine)
        let finding = try #require(findings.first)
        #expect(finding.id == id)
        #expect(finding.what == "the Redis user anna lacks \(rights)")
        let quoted = rights.split(separator: " ").map { ShellText.quoted(String($0)) }.joined(separator: " ")
        #expect(finding.mend.first == "redis-cli ACL SETUSER anna \(quoted)")
    }

    @Test("With --invalidation tracking its commands are needed")
    func tracking() {
        let findings = Self.examination(invalidation: .tracking)
            .findings(Self.trials(["client|tracking": .noPermission]), Self.fine)
        #expect(findings.first?.id == .accessMissing)
    }

    @Test("A key and a channel are told from a command in the words of every server")
    func refusals() {
        for key in [RESPValue.noKey, .failed("NOPERM No permissions to access a key")] {
            #expect(Refusal(key) == .key)
        }
        for channel in [RESPValue.noChannel, .failed("NOPERM No permissions to access a channel")] {
            #expect(Refusal(channel) == .channel)
        }
        #expect(Refusal(.failed("NOPERM User anna has no permissions to run the 'get' command")) == .command)
    }

    @Test("What an old server has not is nothing that a user lacks")
    func oldServer() {
        let refused = ["client|trackinginfo": RESPValue.failed("ERR Unknown subcommand or wrong number of arguments")]
        #expect(Self.examination().findings(Self.trials(refused), Self.fine).first?.id == .accessSufficient)
    }

    @Test("Where a user may read other keys, another user is proposed: nothing is taken from one whom others may use")
    func wide() throws {
        var beyond = Self.fine
        beyond.foreignRead = .text("")
        for user in ["anna", nil] {
            let findings = Self.examination(user: user).findings(Self.trials(), beyond)
            let wide = try #require(findings.first { $0.id == .accessWide })
            #expect(wide.mend.first?.contains("ACL SETUSER sessiond on '>CHOOSE-A-PASSWORD'") == true)
        }
        #expect(
            Self.examination(RedisVersion(5, 0)).findings(Self.trials(), beyond).allSatisfy { $0.id != .accessWide })
    }

    @Test("Whether sessions may be deleted is judged by ACL DRYRUN, and is unknown without it")
    func revoking() {
        func words(_ deletion: RESPValue) -> [String] {
            var beyond = Self.fine
            beyond.deletion = deletion
            return Self.examination().findings(Self.trials(), beyond).filter { $0.id == .accessRevoke }
                .map { "\($0.level) \($0.what.contains("not known") ? "unknown" : "known")" }
        }
        #expect(words(.status(Array("OK".utf8))) == ["ok known"])
        #expect(words(.text("This user has no permissions to run the 'del' command")) == ["note known"])
        #expect(words(.noPermission) == ["note unknown"])
        #expect(words(.null) == ["note unknown"])
    }

    @Test("The line is in the words of the server's version")
    func versions() {
        let new = Self.examination(RedisVersion(7, 0), database: 3).line.line
        #expect(new.contains("'%R~django_sessions:*'") && new.contains("'&__keyspace@3__:django_sessions:*'"))
        #expect(new.hasSuffix("+select"))
        #expect(new.hasPrefix("redis-cli ACL"))
        let middle = Self.examination(RedisVersion(6, 2)).line.line
        #expect(middle.contains(" '~django_sessions:*'") && middle.contains("resetchannels"))
        let old = Self.examination(RedisVersion(6, 0)).line.line
        #expect(!old.contains("channel") && !old.contains("&"))
        #expect(!Self.examination(invalidation: .keyspace).line.line.contains("tracking"))
    }

    @Test(
        "Arguments are quoted as a shell needs it",
        arguments: [
            ("plain-1.2/x:y", "plain-1.2/x:y"), ("", "''"), ("a b", "'a b'"), ("$x", "'$x'"), ("it's", "'it'\\''s'"),
            ("{session_key}", "'{session_key}'"), ("a\nb", "'a\nb'"), ("~", "'~'"), ("é", "'é'"),
        ])
    func quoting(text: String, expected: String) {
        #expect(ShellText.quoted(text) == expected)
    }

    @Test("redis-cli is led to the same server, without user and password")
    func commandLine() throws {
        func line(_ url: String) throws -> String { RedisCommandLine(try RedisEndpoint(url: url)).line("PING") }
        #expect(try line("redis://user:secret@localhost:6379/0") == "redis-cli PING")
        #expect(try line("redis://:secret@h:1/2") == "redis-cli -h h -p 1 -n 2 PING")
        #expect(try line("unix:///a b?db=1") == "redis-cli -s '/a b' -n 1 PING")
        #expect(
            try line("rediss://h?ssl_ca_certs=ca&ssl_certfile=c")
                == "redis-cli -h h --tls --cacert ca --cert c --key c PING")
        #expect(try line("rediss://h?ssl_cert_reqs=none") == "redis-cli -h h --tls --insecure PING")
    }
}
