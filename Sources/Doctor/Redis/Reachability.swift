import Glibc
import RedisTransport

/// Is the server reachable, and by a safe way?
enum Reachability {
    static func findings(_ endpoint: RedisEndpoint, _ info: RedisInfo?) -> [Finding] {
        let reachable = Finding(.ok, .redisReachable, "\(info?.server ?? "Redis") answers at \(endpoint)")
        guard case .tcp(let host, _) = endpoint.address, endpoint.tls == nil, !isLocal(host) else { return [reachable] }
        return [
            reachable,
            Finding(
                .note, .redisPlain, "\(host) may be another host, and the connection to it is plain text",
                why: "whoever is in between reads every session and the password, and can change both",
                mend: ["write rediss:// in the Redis URL, once the server has a tls-port"]),
        ]
    }

    /// - Parameter isOpen: whether there had been a connection.
    static func finding(_ failure: RedisFailure, _ endpoint: RedisEndpoint, isOpen: Bool) -> Finding {
        let why =
            isOpen
            ? "what follows it could not be examined"
            : "nothing of Redis could be examined; `sessiond serve` answers `unavailable`"
        return Finding(
            .error, isOpen ? .redisLost : id(of: failure), "\(failure)", why: why, mend: mend(failure, endpoint))
    }

    private static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private static func id(of failure: RedisFailure) -> FindingID {
        switch failure {
        case .tls, .tlsWanted: .redisTLS
        case .refused: .redisRefuses
        default: .redisUnreachable
        }
    }

    private static func mend(_ failure: RedisFailure, _ endpoint: RedisEndpoint) -> [String] {
        let cli = RedisCommandLine(endpoint)
        switch failure {
        case .unreachable(.unix(let path), _):
            return [
                ShellText.line(["ls", "-l", path])
                    + "    # who may open it; `sudo usermod -aG GROUP \(userName)` lets this user in",
                "redis.conf: unixsocket \(path)",
            ]
        case .unreachable, .silent, .closedByServer, .closedUnanswered:
            return [cli.line("PING") + "    # answers PONG, or NOAUTH, where Redis runs"]
        case .tls, .tlsWanted:
            guard case .tcp(let host, let port) = endpoint.address else { return [] }
            let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            if failure == .tlsWanted { return ["--redis-url rediss://\(address)/\(endpoint.database)"] }
            return [
                ShellText.line(["openssl", "s_client", "-connect", address]) + " </dev/null    # what the server shows",
                "Sources/Daemon/Documentation.docc/TLS.md lists what each error means",
            ]
        case .refused(_, "NOAUTH", _), .refused(_, "WRONGPASS", _), .refused("AUTH", _, _):
            return [
                "write redis://USER:PASSWORD@HOST:PORT/DB into a file (chmod 600), and give it as --redis-url-file",
                cli.line("ACL", "LIST") + "    # as an administrator: who there is",
            ]
        case .refused("SELECT", "NOPERM", _):
            return [cli.line("ACL", "SETUSER", endpoint.user ?? "default", "+select")]
        default: return []
        }
    }

    private static var userName: String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "$USER" }
        return String(cString: name)
    }
}
