import ArgumentParser
import Foundation
import SessionModel

/// A moment on the command line: a time, a day, or how long ago.
struct TimeArgument {
    let date: Date

    /// What is accepted, for `--help` and for errors.
    static let forms =
        "2026-12-07T09:30:00Z, '2026-12-07 09:30', 2026-12-07 (both in your time zone), or 30m, 2h, 7d ago"

    /// The years 1 to 9999, which RFC 3339 can name.
    private static let range =
        Date(timeIntervalSince1970: -62_135_596_800)..<Date(timeIntervalSince1970: 253_402_300_800)

    /// As somebody types it now.
    init(argument: String) throws {
        guard let time = Self(argument, now: Date(), in: .current) else {
            throw ValidationError("a time is \(Self.forms).")
        }
        self = time
    }

    /// Nil for a text of no known form.
    init?(_ text: String, now: Date, in zone: TimeZone) {
        let date =
            if let seconds = Self.seconds(text) {
                now.addingTimeInterval(-seconds)
            } else if let milliseconds = Timestamp.parse(text) {
                Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            } else {
                Self.local(text, zone)
            }
        guard let date, Self.range.contains(date) else { return nil }
        self.date = date
    }

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

    /// A day, or a time to the minute or second, in a zone; where its clocks leave that time out, as much later as they skip.
    private static func local(_ text: String, _ zone: TimeZone) -> Date? {
        let whole =
            switch text.utf8.count {
            case 10: text + "T00:00:00"
            case 16: text + ":00"
            default: text
            }
        guard let milliseconds = Timestamp.parse(whole + "Z") else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let components = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second],
            from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
        calendar.timeZone = zone
        return calendar.date(from: components)
    }
}
