import ArgumentParser
import SessionModel
import SessiondClient

/// The type of an event on the command line, with or without `dev.sessiond.`.
struct EventTypeArgument: ExpressibleByArgument {
    let name: SessiondEvent.TypeName

    init?(argument: String) {
        let prefix = "dev.sessiond."
        let full = argument.hasPrefix(prefix) ? argument : prefix + argument
        guard EventType(rawValue: full) != nil else { return nil }
        name = SessiondEvent.TypeName(rawValue: full)
    }

    static var allValueStrings: [String] { EventType.allCases.map(\.shortName) }

    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}
