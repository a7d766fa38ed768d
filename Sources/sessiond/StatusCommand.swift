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
            On a terminal shares are drawn as bars; in a pipe there are plain lines.

            `distrusted` means that most sessions failed their signature at the start: the secret key is most likely a wrong one.
            """
    )

    @OptionGroup var color: ColorOption

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await client.withConnection { connection in
            if client.wantsJSON {
                Terminal.print(json: try await connection.call("server.status"))
            } else {
                try await print(connection)
            }
        }
    }

    private func print(_ connection: SessiondConnection) async throws {
        let look = Look.standardOutput(color.color)
        let report = StatusReport(try await connection.status(), limits: try await connection.info().limits)
        guard look.isTerminal || look.isColored else {
            for line in report.lines { Terminal.print(line) }
            return
        }
        // Colours that were asked for in a pipe: whatever reads it knows how wide it is.
        let columns = look.isTerminal ? Window.current.columns : .max
        for line in report.lines(in: look, columns: columns) {
            Terminal.print(line.rendered(in: look, columns: columns))
        }
    }
}
