import ArgumentParser
import SessiondClient

/// How an event is printed; `Protocols/formats.md` has the mapping.
enum EventFormat: String, CaseIterable, ExpressibleByArgument {
    /// A line for people.
    case text
    /// The CloudEvent as the journal holds it.
    case json
    /// A document of the Elastic Common Schema.
    case ecs
    /// An event of the Open Cybersecurity Schema Framework.
    case ocsf

    /// Prints an event as a line.
    func print(_ event: SessiondEvent) {
        switch self {
        case .text: Terminal.print(Words.event(event))
        case .json: Terminal.print(json: event.json)
        case .ecs: Terminal.print(json: ECSDocument.json(of: event))
        case .ocsf: Terminal.print(json: OCSFDocument.json(of: event))
        }
    }
}

/// The option `--format` beside `--json`.
struct EventFormatOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How an event is printed: as text for people, as CloudEvent (json, as --json), for Elastic (ecs) or for other SIEMs (ocsf).",
            valueName: "format"
        )
    )
    var format: EventFormat?

    /// Refuses `--json` beside another format.
    func validate(beside client: ClientOptions) throws {
        if client.isJSONAsked, let format, format != .json {
            throw ValidationError("--json is --format json, and --format \(format.rawValue) is another one.")
        }
    }

    /// The format that was asked for.
    func chosen(_ client: ClientOptions) -> EventFormat {
        format ?? (client.wantsJSON ? .json : .text)
    }
}
