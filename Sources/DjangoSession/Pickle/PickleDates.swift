/// Dates, times, decimals and UUIDs from what Python puts into a pickle of them.
enum PickleDates {
    static let dayMicroseconds: Int64 = 86_400_000_000

    /// An offset from UTC in microseconds, of a timedelta in Python's ranges; nil for a day or more, which is an error there.
    static func offset(days: Int32, seconds: Int32, microseconds: Int32) -> Int64? {
        // Less than a day before UTC is a day before, and some seconds after that.
        guard days == 0 || days == -1 else { return nil }
        let total = (Int64(days) * 86_400 + Int64(seconds)) * 1_000_000 + Int64(microseconds)
        return total > -dayMicroseconds ? total : nil
    }

    /// A datetime, date or time from its bytes (`datetime.__reduce_ex__`, Lib/_pydatetime.py) and a time zone; nil where there
    /// is no such moment.
    static func value(
        of constructor: PickleConstructor, _ arguments: [PicklePlace], in heap: inout PickleHeap
    ) throws(DecodeError.Why) -> PickleValue? {
        guard (1...2).contains(arguments.count), let state = heap.byteString(at: arguments[0]) else { return nil }
        let bytes = Array(heap.bytes(of: state))
        var zone: PickleTimeZone?
        if arguments.count == 2 {
            switch heap[arguments[1]] {
            case .timeZone(let index): zone = heap.zones[index]
            case .object(let number):
                // A zone that only its class knows.
                guard case .instance = heap.objects[number].kind else { return nil }
                let classIndex = heap.objects[number].classIndex
                let name = try heap.keep(heap.classes[classIndex].name.utf8)
                zone = PickleTimeZone(classIndex: classIndex, name: name)
            case .none: break
            default: return nil
            }
        }
        switch constructor {
        case .date:
            guard bytes.count == 4, zone == nil, let date = dateText(bytes[...]) else { return nil }
            return .scalar(.date, try heap.keep(date.utf8))
        case .time:
            // The first bit says which of two equal hours it is when the clock is put back (PEP 495).
            guard bytes.count == 6, let time = timeText([bytes[0] & 0x7F] + bytes[1...]) else { return nil }
            return .scalar(.time, try heap.keep((time + offsetText(zone)).utf8))
        case .datetime:
            guard bytes.count == 10, let date = dateText([bytes[0], bytes[1], bytes[2] & 0x7F, bytes[3]]),
                let time = timeText(bytes[4...])
            else { return nil }
            let text = try heap.keep("\(date)T\(time)\(offsetText(zone))".utf8)
            if let zone, zone.offset == nil, let name = zone.name { return .datetimeInZone(text, zone: name) }
            return .scalar(.datetime, text)
        default: return nil
        }
    }

    /// `YYYY-MM-DD` of two bytes for the year, one for the month, one for the day.
    private static func dateText(_ bytes: ArraySlice<UInt8>) -> String? {
        let bytes = Array(bytes)
        let year = Int(bytes[0]) << 8 | Int(bytes[1])
        let (month, day) = (Int(bytes[2]), Int(bytes[3]))
        guard (1...9_999).contains(year), (1...12).contains(month) else { return nil }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        guard (1...days).contains(day) else { return nil }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `HH:MM:SS[.ffffff]` of a byte each for hour, minute and second, and three for the microsecond.
    private static func timeText(_ bytes: ArraySlice<UInt8>) -> String? {
        let bytes = Array(bytes)
        let microsecond = Int(bytes[3]) << 16 | Int(bytes[4]) << 8 | Int(bytes[5])
        guard bytes[0] < 24, bytes[1] < 60, bytes[2] < 60, microsecond < 1_000_000 else { return nil }
        let whole = bytes[..<3].map { padded(Int($0), 2) }.joined(separator: ":")
        return microsecond == 0 ? whole : "\(whole).\(padded(microsecond, 6))"
    }

    /// `+HH:MM`, with seconds and microseconds where the offset has some; nothing where the offset is not known.
    static func offsetText(_ zone: PickleTimeZone?) -> String {
        guard let offset = zone?.offset else { return "" }
        let total = Int(offset.magnitude)
        let seconds = total / 1_000_000
        var text = "\(offset < 0 ? "-" : "+")\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2))"
        let microseconds = total % 1_000_000
        if seconds % 60 != 0 || microseconds != 0 { text += ":\(padded(seconds % 60, 2))" }
        if microseconds != 0 { text += ".\(padded(microseconds, 6))" }
        return text
    }

    private static func padded(_ number: Int, _ count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }

    /// `(days, seconds, microseconds)`, brought into Python's ranges.
    static func timedelta(_ arguments: [PicklePlace], in heap: PickleHeap) -> PickleValue? {
        let numbers = arguments.compactMap { heap.integer(at: $0) }
        // Python's own limit on the days, and so on what the others can add up to.
        let limit: Int64 = 1_000_000_000 * 86_400
        guard arguments.count == 3, numbers.count == 3, numbers.allSatisfy({ -limit < $0 && $0 < limit }) else {
            return nil
        }
        let (carriedSeconds, microseconds) = floorDivide(numbers[2], 1_000_000)
        let (carriedDays, seconds) = floorDivide(numbers[1] + carriedSeconds, 86_400)
        let days = numbers[0] + carriedDays
        guard abs(days) <= 999_999_999 else { return nil }
        return .timedelta(days: Int32(days), seconds: Int32(seconds), microseconds: Int32(microseconds))
    }

    private static func floorDivide(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// A UUID by its state, `{'int': …}`; nil where there is none.
    static func uuid(state: PicklePlace, in heap: inout PickleHeap) throws(DecodeError.Why) -> PickleValue? {
        guard case .dictionary(let table) = heap[state], let place = try heap.value(named: "int", in: table) else {
            return nil
        }
        let number: UInt128?
        switch heap[place] {
        case .integer(let small): number = UInt128(exactly: small)
        case .bigInteger(let digits): number = heap.ascii(digits).flatMap { UInt128($0) }
        default: number = nil
        }
        guard let number else { return nil }
        let digits = String(number, radix: 16)
        var text = Array((String(repeating: "0", count: 32 - digits.utf8.count) + digits).utf8)
        for dash in [20, 16, 12, 8] { text.insert(UInt8(ascii: "-"), at: dash) }
        return .scalar(.uuid, try heap.keep(text))
    }

    /// Whether a text is what `str` of a Decimal writes: digits with a point and an exponent, or a word.
    static func isDecimal(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        for word in ["Infinity", "NaN", "sNaN"] where rest.starts(with: word.utf8) {
            let diagnosis = rest.dropFirst(word.utf8.count)
            return diagnosis.isEmpty || word != "Infinity" && takeDigits(from: diagnosis).isEmpty
        }
        let afterWhole = takeDigits(from: rest)
        guard afterWhole.count < rest.count else { return false }
        rest = afterWhole
        if rest.first == UInt8(ascii: ".") {
            let afterFraction = takeDigits(from: rest.dropFirst())
            guard afterFraction.count < rest.count - 1 else { return false }
            rest = afterFraction
        }
        guard !rest.isEmpty else { return true }
        guard rest.removeFirst() | 0x20 == UInt8(ascii: "e") else { return false }
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        return !rest.isEmpty && takeDigits(from: rest).isEmpty
    }

    /// What stands behind the digits.
    private static func takeDigits(from text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        text.drop { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}
