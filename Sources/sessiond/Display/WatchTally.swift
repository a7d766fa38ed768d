import Foundation
import SessiondClient

/// What `sessiond watch` has seen, and the line that sums it up.
struct WatchTally {
    /// The link to Redis, or the connection to the daemon where that is missing.
    enum Standing: Equatable {
        case unknown
        case away
        /// The daemon tells events, but no figures.
        case refused
        case daemon(ServerStatus)
    }

    private(set) var logins = 0
    private(set) var logouts = 0
    private(set) var standing = Standing.unknown
    private var lastEvent: Date?
    /// Logins and logouts of the last minute, by the second.
    private var recent: [Int: Int] = [:]

    /// An event was shown.
    mutating func take(_ event: SessiondEvent, at now: Date) {
        lastEvent = event.time
        switch event.type {
        case .login: logins += 1
        case .logout: logouts += 1
        default: return
        }
        let second = Int(event.time.timeIntervalSince1970)
        guard second > Int(now.timeIntervalSince1970) - 60 else { return }
        recent[second, default: 0] += 1
    }

    /// The daemon said how it is doing.
    mutating func take(_ status: ServerStatus) {
        standing = .daemon(status)
    }

    /// The daemon did not say how it is doing.
    mutating func take(_ error: SessiondClientError) {
        standing = if case .refused = error { .refused } else { .away }
    }

    /// The line that stands below the events.
    mutating func line(at now: Date, _ glyphs: Glyphs) -> StyledLine {
        let oldest = Int(now.timeIntervalSince1970) - 60
        recent = recent.filter { $0.key > oldest }
        var line = StyledLine()
        func separate() { line.add(glyphs.separator, .faint) }
        switch standing {
        case .unknown: line.add("asking the daemon", .faint)
        case .away: line.add("the daemon is away", .bad)
        case .refused: line.add("no figures without the right identify", .faint)
        case .daemon(let status):
            let (words, style) = LinkWords.state(status.link)
            line.add(words, style)
            separate()
            line.add("\(Amount.grouped(status.sessions.users)) online", .strong)
        }
        separate()
        line.add("+ \(Words.count(logins, "login"))", .good)
        separate()
        line.add("- \(Words.count(logouts, "logout"))", .doubtful)
        separate()
        line.add("\(recent.values.reduce(0, +)) in the last minute")
        if let lastEvent {
            separate()
            line.add("last event \(Amount.ago(now.timeIntervalSince(lastEvent)))", .faint)
        }
        return line
    }

    /// What is said at the end.
    func summary(after seconds: Double) -> StyledLine {
        var parts = [
            "watched for \(Amount.span(seconds))", Words.count(logins, "login"), Words.count(logouts, "logout"),
        ]
        if case .daemon(let status) = standing { parts.append("\(Words.count(status.sessions.users, "user")) online") }
        return StyledLine(parts.joined(separator: ", "))
    }
}

/// The link to Redis in words.
enum LinkWords {
    /// The state, and how it looks.
    static func state(_ link: ServerStatus.Link) -> (String, Style) {
        switch link.state {
        case "live" where link.isProven: ("live", .good)
        case "live": ("live, not proven", .doubtful)
        case "scanning": (link.progress.map { "scanning, \($0.keysRead) keys" } ?? "scanning", .doubtful)
        default: (link.state.replacing("_", with: " "), .bad)
        }
    }

    /// How far the reading of all sessions has come: keys, rate, time that is left.
    static func progress(_ progress: ServerStatus.Progress) -> String {
        var parts = ["\(Amount.grouped(progress.keysRead)) keys"]
        if progress.elapsedSeconds > 0 {
            parts.append("\(Amount.rate(Double(progress.keysRead) / progress.elapsedSeconds)) a second")
        }
        if let left = progress.secondsLeft { parts.append("about \(Amount.span(left.rounded(.up))) left") }
        return parts.joined(separator: ", ")
    }
}
