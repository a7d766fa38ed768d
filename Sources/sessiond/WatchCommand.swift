import ArgumentParser
import Foundation
import SessiondClient

/// `sessiond watch`.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Logins and logouts as they happen.",
        discussion: """
            A line for each event, until Ctrl-C. Needs the right `observe`. When the daemon is restarted, `watch` connects again \
            and goes on where it was; where events were missed, it says so on standard error.

            On a terminal the last line sums up: the link, who is online, and what was seen. In a pipe there are plain lines, each of \
            them whole and at once.

            Examples:
              sessiond watch
              sessiond watch --after ''     what is held, then what comes
              sessiond watch | grep logout
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

    @OptionGroup var color: ColorOption

    @OptionGroup var client: ClientOptions

    func validate() throws {
        try format.validate(beside: client)
    }

    func run() async throws {
        let look = Look.standardOutput(color.color)
        let follower = EventFollower(path: client.socket, after: after?.text)
        try await Failure.reported {
            if look.isTerminal, format.chosen(client) == .text {
                var live = LiveWatch(look)
                try await live.run(follower, path: client.socket)
            } else {
                try await printLines(follower, look)
            }
        }
    }

    private func printLines(_ follower: EventFollower, _ look: Look) async throws {
        let format = format.chosen(client)
        var words = FollowerWords()
        for try await step in follower {
            if let line = words.take(step) { Terminal.tell(line) }
            guard case .update(.event(let event)) = step else { continue }
            if format == .text, look.isColored {
                Terminal.print(EventLine.line(event, at: Date(), .local(.current), look.glyphs).rendered(in: look))
            } else {
                format.print(event)
            }
        }
    }
}

/// What is said beside the events: that the daemon is there, gone, or back.
struct FollowerWords {
    private var isInterrupted = false

    /// What to say of a step; nil for most.
    mutating func take(_ step: EventFollower.Step) -> String? {
        switch step {
        case .subscribed(let position):
            defer { isInterrupted = false }
            return Self.greeting(position, again: isInterrupted)
        case .update: return nil
        case .interrupted(let error, _):
            defer { isInterrupted = true }
            return isInterrupted ? nil : "sessiond: \(Self.cause(error)); trying until it is back"
        case .positionLost(let oldest):
            let rest = oldest.map { "going on with the oldest event held, \($0)" } ?? "no event is held"
            return "sessiond: events may have been missed, the journal no longer reaches back that far; \(rest)"
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
