import ArgumentParser
import Foundation
import SessionModel

/// A moment on the command line: a time, a day, or how long ago.
struct TimeArgument: ExpressibleByArgument {
    let date: Date

    /// What is accepted, for `--help` and for errors.
    static let forms =
        "2026-12-07T09:30:00Z, '2026-12-07 09:30', 2026-12-07 (both in your time zone), or 30m, 2h, 7d ago"

    init?(argument: String) {
        self.init(argument, now: Date(), in: .current)
    }

    /// Nil for a text of no known form.
    init?(_ text: String, now: Date, in zone: TimeZone) {
        if let seconds = Self.seconds(text) {
            date = now.addingTimeInterval(-seconds)
        } else if let milliseconds = Timestamp.parse(text) {
            date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        } else if let local = Self.local(text, zone) {
            date = local
        } else {
            return nil
        }
    }

    static var allValueStrings: [String] { [] }

    private static func seconds(_ text: String) -> TimeInterval? {
        guard let unit = text.last, let number = Double(text.dropLast()), number >= 0, number.isFinite else {
            return nil
        }
        switch unit {
        case "s": return number
        case "m": return number * 60
        case "h": return number * 3600
        case "d": return number * 86_400
        case "w": return number * 7 * 86_400
        default: return nil
        }
    }

    private static func local(_ text: String, _ zone: TimeZone) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = zone
        formatter.isLenient = false
        for form in [
            "yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss",
        ]
        where form.filter({ $0 != "'" }).count == text.count {
            formatter.dateFormat = form
            if let date = formatter.date(from: text) { return date }
        }
        return nil
    }
}
