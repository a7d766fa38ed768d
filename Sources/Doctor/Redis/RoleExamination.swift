import RESP
import RedisTransport

/// Is the server a master?
enum RoleExamination {
    /// - Parameter role: the reply to ROLE.
    static func finding(role: RESPValue, _ info: RedisInfo?, _ endpoint: RedisEndpoint) -> Finding {
        if let refusal = Refusal(role) {
            return Finding(
                .note, .roleUnknown, "whether it is a master cannot be told: \(refusal.words("ROLE"))",
                why:
                    "a replica lags behind, announces expiries as deletions, and takes no revocation; the daemon asks for the role, too",
                mend: [RedisCommandLine(endpoint).line("ACL", "SETUSER", endpoint.user ?? "default", "+role")])
        }
        guard case .array(let parts) = role, let name = parts.first?.bytes else {
            return Finding(.note, .roleUnknown, "the server answers ROLE with something else than Redis does")
        }
        switch String(decoding: name, as: UTF8.self) {
        case "slave": return replica(parts, info, endpoint)
        case "sentinel": return sentinel(endpoint)
        default:
            let replicas: Int = if parts.count > 2, case .array(let list) = parts[2] { list.count } else { 0 }
            let followers = ["no replica", "one replica"]
            let count = replicas < followers.count ? followers[replicas] : "\(replicas) replicas"
            return Finding(.ok, .roleMaster, "it is a master, with \(count)")
        }
    }

    private static func replica(_ parts: [RESPValue], _ info: RedisInfo?, _ endpoint: RedisEndpoint) -> Finding {
        let host = parts.count > 1 ? parts[1].bytes.map { String(decoding: $0, as: UTF8.self) } ?? "?" : "?"
        let port: Int64 = if parts.count > 2, case .integer(let port) = parts[2] { port } else { 6379 }
        var details: [String] = []
        if let link = info?["master_link_status"] { details.append("its link to the master is \(link)") }
        if let seconds = info?.number("master_last_io_seconds_ago"), seconds >= 0 {
            details.append("it heard of the master \(seconds) s ago")
        }
        if info?["slave_read_only"] == "1" { details.append("it takes no writes, so nothing can be revoked") }
        let master = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        return Finding(
            .error, .roleReplica,
            (["it is a replica of \(master)"] + details).joined(separator: "; "),
            why: "a replica lags behind and announces expiries as deletions, so `sessiond serve` refuses it",
            mend: [
                "--redis-url "
                    + ShellText.quoted("\(endpoint.tls == nil ? "redis" : "rediss")://\(master)/\(endpoint.database)")
            ])
    }

    private static func sentinel(_ endpoint: RedisEndpoint) -> Finding {
        Finding(
            .error, .roleSentinel, "it is a Sentinel, which knows where Redis is and holds no sessions",
            why: "sessiond follows one Redis by its address, and asks no Sentinel for it",
            mend: [
                RedisCommandLine(endpoint).line("SENTINEL", "masters") + "    # the names",
                RedisCommandLine(endpoint).line("SENTINEL", "get-master-addr-by-name", "NAME")
                    + "    # the address for --redis-url",
            ])
    }
}
