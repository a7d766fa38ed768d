import RESP

/// Why Redis cannot be used now. The descriptions tell a person what to do and hold no key and no secret.
package enum RedisFailure: Error, Equatable, Sendable {
    case unreachable(RedisEndpoint.Address, detail: String)
    case protocolViolation(String)
    case closedByServer
    /// The connection was closed before anything was said on it.
    case closedUnanswered
    /// The server answers plain text with TLS.
    case tlsWanted
    case tls(TLSFailure)
    case silent(seconds: Int)
    /// A command was refused. `reply`: what Redis said, where it cannot hold an argument of ours.
    case refused(command: String, code: String, reply: String)
    case unexpectedReply(command: String)
    /// Somebody has set the flags that were missing.
    case notificationsComplete
    /// Somebody has taken away flags that were set.
    case notificationsMissing
    /// The server follows this one, which is the address to give.
    case replica(of: String)
    /// The two connections do not end on one server.
    case serversDiffer
    /// CLIENT TRACKING was turned off, or its redirection broke.
    case trackingEnded
    case stopped

    /// - Parameter role: the answer to ROLE. Nil unless it says that the server is a replica.
    init?(role: RESPValue) {
        guard case .array(let parts) = role, let name = parts.first?.bytes, name.elementsEqual("slave".utf8) else {
            return nil
        }
        let host = parts.dropFirst().first?.bytes.map { "\(ServerText($0))" } ?? "?"
        let port: Int64 = if parts.count > 2, case .integer(let number) = parts[2] { number } else { 6379 }
        self = .replica(of: "\(host):\(port)")
    }

    /// - Parameter reply: an error reply to `command`.
    init(refusing command: String, _ reply: RESPValue) {
        guard case .error(let bytes) = reply else {
            self = .unexpectedReply(command: command)
            return
        }
        // "ERR unknown command 'X', with args beginning with: …" repeats what was sent.
        let text = String(decoding: bytes, as: UTF8.self)
        let cut = text.firstRange(of: ", with args").map { String(text[..<$0.lowerBound]) } ?? text
        self = .refused(command: command, code: reply.errorCode ?? "", reply: "\(ServerText(cut))")
    }
}

extension RedisFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(.tcp(let host, let port), let detail):
            "no Redis at \(host):\(port) (\(detail)): is it running, and is --redis-url right?"
        case .unreachable(.unix(let path), let detail):
            "no Redis at \(path) (\(detail)): is it running with this unixsocket, and may this user open it?"
        case .protocolViolation(let detail):
            "\(detail): is --redis-url the address of a Redis server?"
        case .closedByServer: "Redis closed the connection"
        case .closedUnanswered:
            """
            Redis closed the connection without a word: if this is its tls-port, write rediss:// in the Redis URL; if there is \
            a proxy in between, does it reach the server?
            """
        case .tlsWanted: "the server wants TLS at this port: write rediss:// in the Redis URL"
        case .tls(let failure): "\(failure)"
        case .silent(let seconds): "Redis did not answer for \(seconds) s"
        case .refused(_, "NOAUTH", _):
            "Redis wants a password: put it into the Redis URL (--redis-url-file keeps it out of ps)"
        case .refused(_, "WRONGPASS", _): "Redis refused the user name or password of the Redis URL"
        case .refused("AUTH", _, _):
            "Redis refused AUTH: does the server have a password, and is the Redis URL's right?"
        case .refused(let command, "NOPERM", _):
            "the Redis user may not run \(command) as sessiond needs it: grant it with ACL SETUSER, key and channel patterns included"
        case .refused("SELECT", _, _):
            "Redis has no such database: check the number in the Redis URL and `databases` in redis.conf"
        case .refused(_, "LOADING", _): "Redis is still loading its data"
        case .refused(_, "READONLY", _):
            "this Redis is a replica, which takes no writes: give --redis-url the address of its master"
        case .refused(let command, _, let reply): "Redis refused \(command): \(reply)"
        case .unexpectedReply(let command): "Redis answered \(command) with something else than expected"
        case .notificationsComplete: "Redis announces all changes now: subscribing anew"
        case .notificationsMissing:
            "Redis no longer announces all changes, somebody has changed notify-keyspace-events: subscribing anew"
        case .replica(let master):
            """
            this Redis is a replica of \(master): it lags behind and announces expiries as deletions. Give --redis-url the \
            address of the master
            """
        case .serversDiffer:
            "the two connections to Redis end on different servers, as after a failover: connecting anew"
        case .trackingEnded: "Redis no longer tracks keys for this client: asking it anew"
        case .stopped: "sessiond is stopping"
        }
    }
}
