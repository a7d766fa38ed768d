import ArgumentParser
import SessionModel

/// A position on the command line: an event's id, or nothing for the place before the oldest event held.
struct PositionArgument: ExpressibleByArgument {
    let text: String

    init?(argument: String) {
        guard argument.isEmpty || EventID(argument) != nil else { return nil }
        text = argument
    }
}
