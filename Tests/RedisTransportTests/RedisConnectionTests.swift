import NIOCore
import NIOPosix
import RESP
import TestSupport
import Testing

@testable import RedisTransport

/// Introducing oneself to a real server.
@Suite struct RedisConnectionTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func open(_ endpoint: RedisEndpoint) async throws(RedisFailure) -> RedisConnection {
        try await RedisConnection.open(endpoint, name: "test", timeout: .seconds(60), on: loop)
    }

    private func text(_ reply: RESPValue) -> String {
        String(decoding: reply.bytes ?? [], as: UTF8.self)
    }

    /// Options that make an ACL user with all rights but for `rules`.
    private func user(_ name: String, _ rules: String...) -> [String] {
        ["--user", name, "on", "~*", "&*", "+@all"] + rules
    }

    @Test("A server that is not there is named, with the reason in words")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let address = RedisEndpoint.Address.unix(path: folder.file("none.sock"))
        await #expect(throws: RedisFailure.unreachable(address, detail: "no such file")) {
            try await open(RedisEndpoint(address: address))
        }
        // A port that is taken and at which nobody listens.
        let port = try UnheardPort()
        let refusing = RedisEndpoint.Address.tcp(host: "127.0.0.1", port: port.number)
        await #expect(throws: RedisFailure.unreachable(refusing, detail: "connection refused")) {
            try await open(RedisEndpoint(address: refusing))
        }
    }

    @Test("A host whose name means nothing is said to be unknown, not to refuse")
    func unknownHost() async throws {
        let address = RedisEndpoint.Address.tcp(host: "no-such-host.invalid", port: 6379)
        await #expect(throws: RedisFailure.unreachable(address, detail: "the host's name cannot be resolved")) {
            try await open(RedisEndpoint(address: address))
        }
    }

    @Test("Credentials are refused, or used: a password, a user with one, and a user without")
    func credentials() async throws {
        let redis = try await PrivateRedis(
            options: ["--requirepass", "top secret"] + user("app", ">p@ss") + user("open", "nopass")
        )
        var endpoint = RedisEndpoint(address: .unix(path: redis.socketPath))
        await #expect { try await open(endpoint) } throws: { "\($0)".contains("wants a password") }
        endpoint.password = "wrong"
        await #expect { try await open(endpoint) } throws: { "\($0)".contains("refused the user name or password") }
        for (user, password) in [(nil, "top secret"), ("app", "p@ss"), ("open", nil), ("open", "any")] {
            (endpoint.user, endpoint.password) = (user, password)
            let connection = try await open(endpoint)
            #expect(text(try await connection.command(["ACL", "WHOAMI"])) == user ?? "default")
            #expect(text(try await connection.command(["CLIENT", "GETNAME"])) == "test")
            connection.close(.stopped)
            #expect(await connection.ended() == .stopped)
        }
    }

    @Test("A database that is not there and one that may not be selected are told apart")
    func databases() async throws {
        let redis = try await PrivateRedis(options: user("narrow", ">p", "-select"))
        var endpoint = RedisEndpoint(address: .unix(path: redis.socketPath), database: 99)
        await #expect { try await open(endpoint) } throws: { "\($0)".contains("no such database") }
        (endpoint.user, endpoint.password, endpoint.database) = ("narrow", "p", 1)
        await #expect { try await open(endpoint) } throws: { "\($0)".contains("may not run SELECT") }
        endpoint.user = nil
        endpoint.password = nil
        let connection = try await open(endpoint)
        #expect(text(try await connection.command(["CLIENT", "INFO"])).contains(" db=1 "))
        connection.close(.stopped)
    }
}
