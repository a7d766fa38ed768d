import ArgumentParser
import SessiondClient

/// `sessiond revoke`.
struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End sessions.",
        discussion: """
            Deletes the sessions in Redis: whoever has their keys is logged out, in Django and everywhere. What a request in flight \
            writes again within ten minutes is ended again. Events tell of it with your uid. Needs the right `revoke`.

            Exits with 0, also where there was no such session, and with 2 where it is not known whether they were ended.

            Examples:
              sessiond revoke - <<< "$COOKIE"
              sessiond revoke --session 9f86d081884c7d659a2feaa0c55ad015
              sessiond revoke --user 42 --dry-run
              sessiond revoke --user 42 --except 9f86d081884c7d659a2feaa0c55ad015
            """
    )

    @Argument(
        help: ArgumentHelp(
            "Session keys; `-` reads one from standard input.",
            discussion: "What stands on the command line shows in `ps`: prefer `-`, or --session.", valueName: "key"))
    var keys: [String] = []

    @Option(
        name: .customLong("session"),
        help: ArgumentHelp("A session, by its fingerprint; may be repeated.", valueName: "fingerprint"))
    var sessions: [String] = []

    @Option(help: ArgumentHelp("All sessions of a user.", valueName: "user-id"))
    var user: String?

    @Option(
        help: ArgumentHelp("With --user: the session that stays.", valueName: "fingerprint"))
    var except: String?

    @Flag(help: "Only say how many there are.")
    var dryRun = false

    @OptionGroup var client: ClientOptions

    func validate() throws {
        guard (user == nil) != (keys.isEmpty && sessions.isEmpty) else {
            throw ValidationError("Name sessions, by key or --session, or a --user, and not both.")
        }
        for session in sessions { try FingerprintArgument.check(session, option: "--session") }
        try FingerprintArgument.check(except, option: "--except")
        guard except == nil || user != nil else { throw ValidationError("--except is for --user.") }
    }

    func run() async throws {
        try await client.withConnection { connection in
            var count = 0
            if let user {
                count = try await connection.revokeAll(ofUser: user, except: except, dryRun: dryRun)
            }
            for key in keys {
                let key = try SessionKeyArgument.read(key)
                count += try await connection.revoke(.key(key), dryRun: dryRun)
            }
            for session in sessions {
                count += try await connection.revoke(.fingerprint(session), dryRun: dryRun)
            }
            if client.wantsJSON {
                Terminal.print(json: Array("{\"revoked\":\(count)}".utf8))
            } else {
                Terminal.print("\(Words.count(count, "session")) \(dryRun ? "would be ended" : "ended")")
            }
        }
    }
}
