/// Times on the wire: RFC 3339 in UTC.
package enum Timestamp {
    /// Whole seconds, rounded to the nearest: `2026-12-07T09:30:00Z`.
    ///
    /// - Parameter wall: milliseconds since 1970.
    package static func seconds(_ wall: Int64) -> String {
        String(unsafeUninitializedCapacity: byteCountMax) { writeSeconds(wall, to: UnsafeMutableRawBufferPointer($0)) }
    }

    /// As above, of seconds since 1970, of any number: times before 1970 are written as its beginning.
    package static func seconds(ofSeconds time: Int64) -> String {
        seconds(min(max(time, 0), latest / 1000) * 1000)
    }

    /// With milliseconds: `2026-12-07T09:30:00.123Z`.
    ///
    /// - Parameter wall: milliseconds since 1970.
    package static func milliseconds(_ wall: Int64) -> String {
        String(unsafeUninitializedCapacity: byteCountMax) {
            write(wall, withMilliseconds: true, to: UnsafeMutableRawBufferPointer($0))
        }
    }

    /// The last millisecond of the year 9999, the last that RFC 3339 can name. Later times are written as this one.
    private static let latest: Int64 = 253_402_300_799_999

    /// The longest text, in bytes.
    private static let byteCountMax = 24

    /// Writes ``seconds(_:)`` to a buffer with room for 24 bytes.
    ///
    /// - Returns: how many bytes it has.
    @inline(__always)
    package static func writeSeconds(_ wall: Int64, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        write(min(wall, latest) + 500, withMilliseconds: false, to: buffer)
    }

    private static func write(
        _ wall: Int64, withMilliseconds: Bool, to buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        let wall = min(max(wall, 0), latest)
        let seconds = wall / 1000
        let (year, month, day) = civil(fromDays: seconds / 86_400)
        let ofDay = seconds % 86_400
        var count = 0
        func put(_ number: Int64, digits: Int, _ end: Unicode.Scalar) {
            var number = number
            for place in (count..<count + digits).reversed() {
                buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
                number /= 10
            }
            buffer[count + digits] = UInt8(ascii: end)
            count += digits + 1
        }
        put(year, digits: 4, "-")
        put(month, digits: 2, "-")
        put(day, digits: 2, "T")
        put(ofDay / 3600, digits: 2, ":")
        put(ofDay / 60 % 60, digits: 2, ":")
        put(ofDay % 60, digits: 2, withMilliseconds ? "." : "Z")
        if withMilliseconds { put(wall % 1000, digits: 3, "Z") }
        return count
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

extension Timestamp {
    /// Reads an RFC 3339 date-time with any offset; nil for anything else. Digits behind milliseconds are dropped.
    ///
    /// - Returns: milliseconds since 1970.
    package static func parse(_ text: String) -> Int64? {
        var rest = Substring(text).utf8
        guard let year = number(&rest, digits: 4), take(&rest, "-"), let month = number(&rest, digits: 2),
            take(&rest, "-"), let day = number(&rest, digits: 2), take(&rest, "Tt "),
            let hour = number(&rest, digits: 2), take(&rest, ":"), let minute = number(&rest, digits: 2),
            take(&rest, ":"), let second = number(&rest, digits: 2),
            (1...12).contains(month), (1...daysIn(month, of: year)).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var milliseconds: Int64 = 0
        if take(&rest, ".") {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest.removeFirst(digits.count)
            var padded = Substring(String(decoding: Array(digits.prefix(3)), as: UTF8.self) + "00").utf8
            milliseconds = number(&padded, digits: 3) ?? 0
        }
        guard let offset = offsetMinutes(&rest), rest.isEmpty else { return nil }
        let seconds = ((days(toCivil: year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
        return seconds * 1000 + milliseconds
    }

    private static func offsetMinutes(_ rest: inout Substring.UTF8View) -> Int64? {
        if take(&rest, "Zz") { return 0 }
        let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
        guard take(&rest, "+-"), let hours = number(&rest, digits: 2), take(&rest, ":"),
            let minutes = number(&rest, digits: 2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private static func take(_ rest: inout Substring.UTF8View, _ choices: StaticString) -> Bool {
        guard let first = rest.first, choices.withUTF8Buffer({ $0.contains(first) }) else { return false }
        rest.removeFirst()
        return true
    }

    private static func number(_ rest: inout Substring.UTF8View, digits: Int) -> Int64? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        rest.removeFirst(digits)
        return text.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// The day counted from 1970. Source: Howard Hinnant, `days_from_civil`.
    private static func days(toCivil year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
