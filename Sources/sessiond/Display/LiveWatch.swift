import ArgumentParser
import Foundation
import SessiondClient
import UnixSignals

/// Events on a terminal, with a line below them that sums up and is kept up to date.
struct LiveWatch {
    private let look: Look
    private var tally = WatchTally()
    private var words = FollowerWords()
    private let start = ContinuousClock.now

    /// How often the daemon is asked how it is doing, and so how often the last line is written anew where nothing happens.
    private static let interval = Duration.seconds(1)
    /// To the beginning of the line, and everything behind it gone.
    private static let erasing = "\r\u{1B}[K"

    init(_ look: Look) {
        self.look = look
    }

    /// Runs until a signal ends it.
    mutating func run(_ follower: EventFollower, path: String?) async throws {
        let signals = await LiveInputs.signals()
        var ending: UnixSignal?
        defer { Terminal.write(Self.erasing) }
        try await LiveInputs.each(path: path, follower, every: Self.interval, signals: signals) { input in
            if case .end(let signal) = input {
                ending = signal
                return true
            }
            try take(input)
            return false
        }
        Terminal.write(Self.erasing)
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        Terminal.print(tally.summary(after: seconds).rendered(in: look, columns: Window.current.columns))
        if let ending, ending != .sigint { throw ExitCode(128 + ending.rawValue) }
    }

    private mutating func take(_ input: LiveInput) throws {
        let columns = Window.current.columns
        let now = Date()
        switch input {
        case .step(let step):
            if let line = words.take(step) {
                Terminal.write(Self.erasing)
                for line in Terminal.safe(line).wrapped(to: columns) { Terminal.tell(line) }
            }
            if case .update(.event(let event)) = step {
                tally.take(event, at: now)
                let line = EventLine.line(event, at: now, .local(.current), look.glyphs)
                Terminal.write(Self.erasing + line.rendered(in: look, columns: columns) + "\n")
            }
        case .stepsEnded(let error): throw error
        case .status(.success(let status)): tally.take(status)
        case .status(.failure(let error)): tally.take(error)
        case .info, .key, .resized, .end: break
        }
        // The last column stays free: some terminals begin a new line with it.
        Terminal.write(Self.erasing + tally.line(at: now, look.glyphs).rendered(in: look, columns: columns - 1))
    }
}
