import ArgumentParser
import Daemon

/// `sessiond serve`. Its options are those of `sessiond check` as well.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "The daemon: follows Redis and serves the socket.",
        discussion: """
            Stays in the foreground and logs to standard error; prints a line that begins with `ready` there when it answers \
            from a warm cache. SIGTERM and SIGINT stop it.

            Every option can also be given in the environment (--redis-url as $SESSIOND_REDIS_URL) and in the file that \
            --config names (as `redis-url: …`). A flag beats the environment, which beats the file.

            Example:
              sessiond serve --redis-url unix:///run/redis/redis.sock?db=0 --secret-key-file /etc/sessiond/secret-key
            """
    )

    @Option(
        help: ArgumentHelp(
            "Where Redis is (default: redis://localhost:6379/0).",
            discussion: """
                redis://[[user]:password@]host[:port][/db], the same with rediss:// for TLS, or unix:///path?db=N. A password in \
                it shows in `ps`: use --redis-url-file, $SESSIOND_REDIS_URL or the credential `redis-url` of a systemd unit then.
                """,
            valueName: "url"
        )
    )
    var redisUrl: String?

    @Option(help: ArgumentHelp("A file that holds the Redis URL.", valueName: "file"), completion: .file())
    var redisUrlFile: String?

    @Option(
        help: ArgumentHelp(
            "Where the sessions lie in Redis (default: django_sessions:{session_key}).",
            discussion:
                "Django's SESSION_REDIS 'prefix', a colon, and {session_key}; {session_key} alone without a prefix.",
            valueName: "pattern"
        )
    )
    var keyPattern: String?

    @Option(
        help: ArgumentHelp(
            "The Unix socket to serve.",
            discussion: """
                Default: the first of $RUNTIME_DIRECTORY/sessiond.sock, /run/sessiond/sessiond.sock and \
                $XDG_RUNTIME_DIR/sessiond/sessiond.sock whose folder can be written to; none where the service manager passes \
                sockets ($LISTEN_FDS).
                """,
            valueName: "path"
        ), completion: .file())
    var socket: String?

    @Option(help: ArgumentHelp("The socket's permissions (default: 0660).", valueName: "octal"))
    var socketMode: String?

    @Option(help: ArgumentHelp("The socket's group: who is in it may connect.", valueName: "group"))
    var socketGroup: String?

    @Option(
        help: ArgumentHelp(
            "What those may do who can connect, but for root and the daemon's user, who may do all (default: identify).",
            discussion: """
                Of identify, read, list, observe, revoke and erase, with commas between them. The configuration file's table \
                `rights` gives single users and groups others.
                """,
            valueName: "rights"
        )
    )
    var socketRights: String?

    @Option(
        help: ArgumentHelp(
            "The only members of a session's data that are shown.",
            discussion: """
                With commas between them. By default all but _auth_user_hash, _csrftoken and _messages; the first two are never \
                shown.
                """,
            valueName: "names"
        )
    )
    var expose: String?

    @OptionGroup(title: "HTTP") var http: HTTPOptions

    @OptionGroup(title: "TLS to Redis") var tls: TLSOptions

    @OptionGroup(title: "Sessions") var decoder: DecoderOptions

    @OptionGroup(title: "Journal") var journal: JournalOptions

    @OptionGroup(title: "Limits") var limits: LimitOptions

    @Option(
        help: ArgumentHelp(
            "A logged-out session is never answered as logged in for longer than this (default: 1).",
            valueName: "seconds"
        )
    )
    var maxStaleness: String?

    @Option(
        help: ArgumentHelp(
            "While Redis cannot be asked, answers may be up to this old, and say so (default: 0).", valueName: "seconds"
        )
    )
    var serveStale: String?

    @Option(
        help: ArgumentHelp(
            "How often a connection to Redis is asked whether it lives (default: 1).",
            discussion: """
                With every such question sessiond also looks whether the server is still a master and still announces changes. The \
                connection that hears of changes is asked four times in --max-staleness.
                """,
            valueName: "seconds"
        )
    )
    var pingInterval: String?

    @Option(
        help: ArgumentHelp(
            "A connection to Redis that is silent for this long is lost (default: 5).", valueName: "seconds")
    )
    var linkTimeout: String?

    @Option(
        help: ArgumentHelp(
            "What tells of changes: auto, keyspace or tracking (default: auto).",
            discussion: """
                keyspace: keyspace notifications. tracking: CLIENT TRACKING, which needs no configuration of the server, but does \
                not say why a session ended. auto: notifications where they are on or can be turned on, else tracking.
                """,
            valueName: "source"
        ), completion: .list(["auto", "keyspace", "tracking"]))
    var invalidation: String?

    @Option(
        help: ArgumentHelp(
            "How long after one slow scan that compares memory with Redis the next one begins; 0 for never (default: 600).",
            valueName: "seconds"
        )
    )
    var compareInterval: String?

    @Option(
        help: ArgumentHelp(
            "How much of the sessions' decoded data is kept in memory (default: 256).",
            discussion: """
                Beyond it the data that has been there longest is dropped and read again when somebody asks for it. Who is logged in \
                is always kept.
                """,
            valueName: "MiB"
        )
    )
    var maxDataMemory: String?

    @Flag(help: "Do not add missing flags to Redis's notify-keyspace-events.")
    var noConfigureRedis = false

    @Option(
        help: ArgumentHelp("Log lines as text or json (default: text).", valueName: "format"),
        completion: .list(["text", "json"]))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "The least grave level that is logged: trace, debug, info, notice, warning, error, critical (default: info).",
            valueName: "level"
        ), completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"]))
    var logLevel: String?

    func run() async throws {
        let environment = ProcessSetup.prepare()
        do {
            let (flags, file) = (flags, decoder.config ?? environment["SESSIOND_CONFIG"])
            try await SessionDaemon(environment: environment) {
                try DaemonConfiguration.load(flags: flags, environment: environment, file: file)
            }
            .run()
        } catch {
            Terminal.tell("sessiond: \(error)")
            throw ExitCode(error is ConfigurationError ? 64 : 1)
        }
    }

    /// What was given, by option.
    var flags: [ServeOption: [String]] {
        var flags = decoder.flags
        let texts: [(ServeOption, String?)] = [
            (.redisURL, redisUrl), (.redisURLFile, redisUrlFile), (.keyPattern, keyPattern), (.socket, socket),
            (.socketMode, socketMode), (.socketGroup, socketGroup), (.socketRights, socketRights), (.expose, expose),
            (.maxStaleness, maxStaleness),
            (.serveStale, serveStale), (.pingInterval, pingInterval), (.linkTimeout, linkTimeout),
            (.invalidation, invalidation), (.compareInterval, compareInterval), (.maxDataMemory, maxDataMemory),
            (.logFormat, logFormat), (.logLevel, logLevel),
        ]
        for (option, text) in texts + http.flags + tls.flags + journal.flags + limits.flags {
            flags[option] = text.map { [$0] }
        }
        flags[.noConfigureRedis] = noConfigureRedis ? ["true"] : nil
        return flags
    }
}
