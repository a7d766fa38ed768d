import ArgumentParser
import SessiondClient

/// `sessiond status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "The link to Redis, sessions, cache, journal and clients at a glance.",
        discussion: """
            Exits with 0 where the daemon answers, whatever state its link is in, and with 2 where it does not.

            The link is `live` when the daemon sees everything; `proven` says that answers may come from the cache at this moment.
            `distrusted` means that most sessions failed their signature at the start: the secret key is most likely a wrong one.
            """
    )

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await client.withConnection { connection in
            if client.wantsJSON {
                Terminal.print(json: try await connection.call("server.status"))
            } else {
                for line in StatusReport(try await connection.status()).lines {
                    Terminal.print(line)
                }
            }
        }
    }
}
