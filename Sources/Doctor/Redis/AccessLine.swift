import RedisTransport
import SessionModel

/// What a Redis user must be allowed who does what the daemon does, and nothing else.
struct AccessLine {
    let endpoint: RedisEndpoint
    let keyPattern: KeyPattern
    let invalidation: InvalidationPreference
    /// Of the server; nil where it is not known.
    let version: RedisVersion?

    /// Where CLIENT TRACKING announces keys to a redirected client.
    static let invalidations = "__redis__:invalidate"
    static let tracking = ["client|id", "client|tracking", "client|trackinginfo"]

    /// Redis demands them to the letter.
    var channels: [String] {
        let keyspace = String(decoding: keyPattern.channelPattern(database: endpoint.database), as: UTF8.self)
        return switch invalidation {
        case .auto: [keyspace, Self.invalidations]
        case .keyspace: [keyspace]
        case .tracking: [Self.invalidations]
        }
    }

    /// The right to read the sessions; by itself in ACLs of Redis 7 and later.
    var readableKeys: String { (knowsReadOnlyKeys ? "%R~" : "~") + glob }
    /// The right to delete them.
    var deletableKeys: String { (knowsReadOnlyKeys ? "%W~" : "~") + glob }

    var commands: [String] {
        var commands = ["ping", "role", "scan", "getrange", "get", "pttl", "subscribe", "psubscribe"]
        if invalidation != .keyspace { commands += Self.tracking }
        if endpoint.database != 0 { commands.append("select") }
        return commands
    }

    /// The user that is proposed, and what stands for its password.
    static let user = "sessiond"
    static let password = "CHOOSE-A-PASSWORD"

    /// The line that makes a user with these rights alone.
    var line: String {
        RedisCommandLine(server).line(
            ["ACL", "SETUSER", Self.user, "on", ">" + Self.password] + patterns + ["-@all"] + commands.map { "+" + $0 })
    }

    private var patterns: [String] {
        (knowsChannels ? ["resetchannels"] + channels.map { "&" + $0 } : []) + [readableKeys]
    }

    /// A line that adds to what a user may do.
    func line(adding rights: [String], to user: String) -> String {
        RedisCommandLine(server).line(["ACL", "SETUSER", user] + rights)
    }

    /// What keeps a change of users over a restart.
    var keeping: String {
        RedisCommandLine(server).line("ACL", "SAVE")
            + "    # keeps it over a restart; CONFIG REWRITE where users stand in redis.conf"
    }

    private var glob: String { String(decoding: keyPattern.scanPattern, as: UTF8.self) }
    private var knowsReadOnlyKeys: Bool { version.map { $0 >= RedisVersion(7, 0) } ?? true }
    private var knowsChannels: Bool { version.map { $0 >= RedisVersion(6, 2) } ?? true }

    /// Users are the server's, in whichever database.
    private var server: RedisEndpoint {
        var server = endpoint
        server.database = 0
        return server
    }
}
