/// Numbers for people.
enum Amount {
    /// Bytes, in MiB.
    static func mebibytes(_ count: Int) -> String {
        let tenths = count * 10 / (1024 * 1024)
        return "\(tenths / 10).\(tenths % 10) MiB"
    }

    /// A whole number with commas between thousands.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A rate: below 10 with a decimal.
    static func rate(_ number: Double) -> String {
        guard number.isFinite, number < 1e15 else { return "?" }
        let tenths = Int((number * 10).rounded())
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : grouped(Int(number.rounded()))
    }

    /// A span of time in its two largest units.
    static func span(_ seconds: Double) -> String {
        let seconds = whole(seconds)
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        let text = parts.drop { $0.0 == 0 }.prefix(2).map { "\($0.0) \($0.1)" }.joined(separator: " ")
        return text.isEmpty ? "0 s" : text
    }

    /// How long ago something was, in one unit; clocks that differ by a moment count as now.
    static func ago(_ seconds: Double) -> String {
        let seconds = whole(seconds)
        return switch seconds {
        case ..<1: "now"
        case ..<60: "\(seconds) s ago"
        case ..<3600: "\(seconds / 60) min ago"
        case ..<86_400: "\(seconds / 3600) h ago"
        default: "\(seconds / 86_400) d ago"
        }
    }

    private static func whole(_ seconds: Double) -> Int {
        seconds.isFinite ? Int(min(max(seconds, 0), 1e12)) : 0
    }
}
