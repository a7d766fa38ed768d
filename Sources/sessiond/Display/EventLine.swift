import Foundation
import SessiondClient

/// An event as a line on a terminal: when, a sign and the type, who, why, and the beginning of the session's fingerprint.
enum EventLine {
    /// How a time is told.
    enum Clock {
        /// The time of day in this zone; how long ago, where that was another day.
        case local(TimeZone)
        /// How long ago.
        case ago
    }

    /// How many digits of a fingerprint tell sessions apart for an eye.
    private static let fingerprintDigits = 8

    static func line(_ event: SessiondEvent, at now: Date, _ clock: Clock, _ glyphs: Glyphs) -> StyledLine {
        let (sign, style) = mark(event)
        let details = event.details
        let ellipsis = glyphs.ellipsis
        var line = StyledLine()
        line.add(time(event.time, at: now, clock), .faint, columns: 10, isRight: true, ellipsis: ellipsis)
        line.add("\(sign) \(event.shortType)", style, columns: 14, ellipsis: ellipsis)
        line.add(details.userID ?? "", .strong, columns: 16, ellipsis: ellipsis)
        line.add(details.cause ?? details.reason ?? details.state ?? "", columns: 12, ellipsis: ellipsis)
        line.add(
            event.subject.map { String($0.prefix(fingerprintDigits)) } ?? "", .faint, columns: fingerprintDigits,
            ellipsis: ellipsis)
        line.add(rest(event))
        return line
    }

    /// A sign beside the colour: not everybody sees colours, and not every terminal shows them.
    private static func mark(_ event: SessiondEvent) -> (Character, Style) {
        switch event.type {
        case .login: ("+", .good)
        case .logout: ("-", .doubtful)
        case .userOnline: ("*", .lively)
        case .userOffline: ("o", .faint)
        case .rejected: ("!", .bad)
        case .link: event.details.state?.hasSuffix("live") == true ? ("~", .good) : ("!", .bad)
        default: ("=", .faint)
        }
    }

    private static func time(_ time: Date, at now: Date, _ clock: Clock) -> String {
        guard case .local(let zone) = clock else { return Amount.ago(now.timeIntervalSince(time)) }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        guard calendar.isDate(time, inSameDayAs: now) else { return Amount.ago(now.timeIntervalSince(time)) }
        let parts = calendar.dateComponents([.hour, .minute, .second], from: time)
        return [parts.hour, parts.minute, parts.second].map {
            String($0 ?? 0).padded(to: 2, isRight: true).replacing(" ", with: "0")
        }.joined(separator: ":")
    }

    /// What else there is to say.
    private static func rest(_ event: SessiondEvent) -> String {
        let details = event.details
        let previous = details.previousSession.map { "before \($0.prefix(fingerprintDigits))" }
        let parts: [String?] =
            switch event.type {
            case .login, .renewed: [previous, expiry(details.expiresAt, since: event.time)]
            case .link: [details.gapSeconds.map { "after \(Amount.span($0))" }]
            case .changed: [details.keys.map { "keys \($0.joined(separator: " "))" }]
            case .forgotten: [details.events.map { "\(Words.count($0, "event")) erased" }]
            default: []
            }
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private static func expiry(_ expiry: Date?, since time: Date) -> String {
        expiry.map { "for \(Amount.span($0.timeIntervalSince(time)))" } ?? "never expires"
    }
}
