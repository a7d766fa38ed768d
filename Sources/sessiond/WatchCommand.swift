import ArgumentParser
import SessiondClient

/// `sessiond watch`.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Logins and logouts as they happen.",
        discussion: """
            A line for each event, until Ctrl-C. Needs the right `observe`. When the daemon is restarted, `watch` connects again \
            and goes on where it was; where events were missed, it says so on standard error.

            Examples:
              sessiond watch
              sessiond watch --after ''     what is held, then what comes
              sessiond watch --json | jq .type
              sessiond watch --format ocsf  for a SIEM
            """
    )

    @Option(
        help: ArgumentHelp(
            "Begin after the event of this id, an earlier event's `id`; '' begins with the oldest event held.",
            valueName: "id"
        )
    )
    var after: PositionArgument?

    @OptionGroup var format: EventFormatOptions

    @OptionGroup var client: ClientOptions

    func validate() throws {
        try format.validate(beside: client)
    }

    func run() async throws {
        try await Failure.reported {
            var isInterrupted = false
            for try await step in EventFollower(path: client.socket, after: after?.text) {
                switch step {
                case .subscribed(let position):
                    Terminal.tell(Self.greeting(position, again: isInterrupted))
                    isInterrupted = false
                case .update(.event(let event)):
                    format.chosen(client).print(event)
                case .update(.heartbeat):
                    break
                case .interrupted(let error, _):
                    if !isInterrupted {
                        Terminal.tell("sessiond: \(Self.cause(error)); trying until it is back")
                    }
                    isInterrupted = true
                case .positionLost(let oldest):
                    let rest = oldest.map { "going on with the oldest event held, \($0)" } ?? "no event is held"
                    Terminal.tell(
                        "sessiond: events may have been missed, the journal no longer reaches back that far; \(rest)"
                    )
                }
            }
        }
    }

    private static func cause(_ error: SessiondClientError) -> String {
        error == .connectionClosed ? "the connection to the daemon is lost" : "\(error)"
    }

    private static func greeting(_ position: String, again: Bool) -> String {
        let start = position.isEmpty ? "all events held" : "events after \(position)"
        return again ? "connected again: \(start)" : "watching: \(start); Ctrl-C ends"
    }
}
