import ArgumentParser
import Dispatch
import Foundation
import SessiondClient
import UnixSignals

/// `sessiond top`.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "A live view of the daemon over the whole terminal.",
        discussion: """
            The link to Redis, lookups a second, hit rate, sessions, memory, journal, clients, and the last events with the right \
            `observe`. When the daemon is restarted, the view goes on. `q` or Ctrl-C ends it, and leaves the terminal as it was.

            For programs there is `sessiond status --json`.
            """
    )

    @Option(help: ArgumentHelp("How often the figures are asked for (default: 1).", valueName: "seconds"))
    var interval: Double = 1

    @OptionGroup var color: ColorOption

    // Not ClientOptions: there is nothing to print as JSON.
    @Option(
        help: ArgumentHelp(
            "The daemon's socket.", discussion: ClientOptions.places, valueName: "path"), completion: .file())
    var socket: String?

    func validate() throws {
        guard (0.1...3600).contains(interval) else {
            throw ValidationError("--interval takes seconds, from 0.1 to 3600.")
        }
    }

    func run() async throws {
        try await Failure.reported {
            let look = Look.standardOutput(color.color)
            guard look.isTerminal, FullScreen.isPossible else { throw Self.terminalMissing }
            // So that somebody without a daemon is told so in a line that stays.
            try await SessiondConnection.connect(path: socket).close()
            // Before the terminal is taken: nothing may end the process without giving it back.
            let signals = await LiveInputs.signals()
            guard let screen = FullScreen() else { throw Self.terminalMissing }
            let signal: UnixSignal?
            do {
                defer { screen.close() }
                signal = try await show(on: screen, look, signals)
            }
            if let signal, signal != .sigint { throw ExitCode(128 + signal.rawValue) }
        }
    }

    private static let terminalMissing = Failure(
        description: "top needs a terminal to draw on; `sessiond status --json` prints the same figures")

    /// - Returns: the signal that ended it, if one did.
    private func show(
        on screen: FullScreen, _ look: Look, _ signals: UnixSignalsSequence
    ) async throws -> UnixSignal? {
        var view = TopView(path: socket ?? SessiondConnection.defaultPath)
        var ending: UnixSignal?
        func draw() {
            let window = Window.current
            let lines = view.lines(in: window, at: Date(), look)
            screen.show(lines.map { $0.rendered(in: look, columns: window.columns) })
        }
        draw()
        try await LiveInputs.each(
            path: socket, EventFollower(path: socket), every: .seconds(interval), isPatient: true, signals: signals,
            keys: screen.keys
        ) { input in
            switch input {
            case .end(let signal):
                ending = signal
                return true
            case .key(let key):
                if TopView.isEnd(key) { return true }
            case .step(let step): view.take(step)
            case .stepsEnded(let error): view.eventsEnded(error)
            case .status(.success(let status)): view.take(status, at: Self.uptime)
            case .status(.failure(let error)): view.daemonLost(error)
            case .info(let info): view.take(info)
            case .resized: break
            }
            draw()
            return false
        }
        return ending
    }

    /// Seconds of a clock that only goes forward.
    private static var uptime: Double {
        Double(DispatchTime.now().uptimeNanoseconds) / 1e9
    }
}
