/// Times on the wire: RFC 3339 in UTC.
package enum Timestamp {
    /// Whole seconds, rounded to the nearest: `2026-12-07T09:30:00Z`.
    ///
    /// - Parameter wall: milliseconds since 1970.
    package static func seconds(_ wall: Int64) -> String {
        text(of: wall.addingReportingOverflow(500).partialValue, withMilliseconds: false)
    }

    /// With milliseconds: `2026-12-07T09:30:00.123Z`.
    ///
    /// - Parameter wall: milliseconds since 1970.
    package static func milliseconds(_ wall: Int64) -> String {
        text(of: wall, withMilliseconds: true)
    }

    /// The last millisecond of the year 9999, the last that RFC 3339 can name. Later times are written as this one.
    private static let latest: Int64 = 253_402_300_799_999

    private static func text(of wall: Int64, withMilliseconds: Bool) -> String {
        let wall = min(max(wall, 0), latest)
        let seconds = wall / 1000
        let (year, month, day) = civil(fromDays: seconds / 86_400)
        let ofDay = seconds % 86_400
        var text = padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
        text += padded(ofDay / 3600, 2) + ":" + padded(ofDay / 60 % 60, 2) + ":" + padded(ofDay % 60, 2)
        if withMilliseconds { text += "." + padded(wall % 1000, 3) }
        return text + "Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Year, month and day of a day counted from 1970, in the proleptic Gregorian calendar.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
