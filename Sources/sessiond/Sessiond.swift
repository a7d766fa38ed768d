import ArgumentParser
import Daemon

/// The root of the command line; each subcommand has a file of its own.
@main
struct Sessiond: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessiond",
        abstract:
            "Who is logged in to Django? Keeps its sessions, out of Redis, at hand, and tells of logins and logouts.",
        discussion: """
            `sessiond serve` runs the daemon. The other commands ask it over its Unix socket, but for `decode`, `verify`, \
            `keygen` and `journal backup`, which need none, and `check`, which asks Redis as well.

            A first look, in a second terminal:
              sessiond check             what is to be changed, here and in Redis?
              sessiond status            is it connected to Redis, and what does it see?
              sessiond watch             logins and logouts as they happen
              sessiond identity KEY      who is behind this session cookie?
            """,
        version: SessionDaemon.version,
        subcommands: [
            ServeCommand.self, IdentityCommand.self, GetCommand.self, SessionsCommand.self, WatchCommand.self,
            EventsCommand.self, RevokeCommand.self, StatusCommand.self, TopCommand.self, CheckCommand.self,
            JournalCommand.self,
            VerifyCommand.self,
            KeygenCommand.self,
            DecodeCommand.self,
        ]
    )
}
