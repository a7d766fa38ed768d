import Logging
import NIOCore
import SessionDirectory

/// Tells how far the reading of all sessions has come, while it lasts: on a terminal on one line, else in the log now and then.
/// Confined to an event loop.
final class ProgressReport {
    private let loop: NIOIsolatedEventLoop
    private let isOnTerminal: Bool
    private let logger: Logger
    private let progress: () -> LinkPhase.Progress?
    private var pace = ProgressPace()
    private var isWatching = false

    /// How often is looked.
    private static let interval = TimeAmount.milliseconds(250)

    /// - Parameter progress: how far it has come; nil when it is over.
    init(on loop: any EventLoop, isOnTerminal: Bool, logger: Logger, progress: @escaping () -> LinkPhase.Progress?) {
        self.loop = loop.assumeIsolated()
        self.isOnTerminal = isOnTerminal
        self.logger = logger
        self.progress = progress
    }

    /// A scan has begun.
    func begin() {
        guard !isWatching else { return }
        isWatching = true
        pace = ProgressPace()
        watch()
    }

    private func watch() {
        loop.scheduleTask(in: Self.interval) { [self] in
            guard let progress = progress() else {
                isWatching = false
                return StandardError.pin(nil)
            }
            tell(progress)
            watch()
        }
    }

    private func tell(_ progress: LinkPhase.Progress) {
        let words = ProgressText.words(progress)
        let isLogged = pace.isDue(atMilliseconds: progress.elapsedMilliseconds)
        if isOnTerminal {
            StandardError.pin(words)
        } else if isLogged {
            logger.info("\(words)")
        }
        if isLogged { Readiness.notify("STATUS=\(words)") }
    }
}

/// When a line of the log tells how far something has come.
struct ProgressPace {
    /// The first line comes after this, so that nothing is said of what is soon over; then one at each interval.
    static let (firstMilliseconds, intervalMilliseconds): (Int64, Int64) = (5_000, 10_000)

    private var due = firstMilliseconds

    /// Whether a line is due. What began anew is told of anew.
    mutating func isDue(atMilliseconds elapsed: Int64) -> Bool {
        if elapsed + Self.intervalMilliseconds < due { due = Self.firstMilliseconds }
        guard elapsed >= due else { return false }
        due = elapsed + Self.intervalMilliseconds
        return true
    }
}

/// How far the reading of all sessions has come, in words.
enum ProgressText {
    /// Keys, rate and the time that is left, as far as it can be told.
    static func words(_ progress: LinkPhase.Progress) -> String {
        var parts = ["\(progress.readCount) keys"]
        let seconds = Double(progress.elapsedMilliseconds) / 1000
        if seconds > 0 { parts.append("\(Int((Double(progress.readCount) / seconds).rounded())) a second") }
        if let left = secondsLeft(progress) { parts.append("about \(left) s left") }
        return "reading all sessions: " + parts.joined(separator: ", ")
    }

    /// Nil where too little has been seen to tell.
    private static func secondsLeft(_ progress: LinkPhase.Progress) -> Int? {
        guard let share = progress.share, share >= 0.01, progress.elapsedMilliseconds >= 1000 else { return nil }
        return Int((Double(progress.elapsedMilliseconds) / 1000 * (1 - share) / share).rounded(.up))
    }
}
