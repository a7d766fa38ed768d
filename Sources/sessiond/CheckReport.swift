import Daemon
import Doctor
import Glibc
import SessionModel

/// What `sessiond check` prints.
struct CheckReport {
    /// Whether findings are printed as they come.
    let printsAtOnce: Bool
    /// Nil where it could not be read.
    var configuration: DaemonConfiguration?
    /// Whether Redis could be examined; nil where it was not tried.
    var isExamined: Bool?
    private(set) var findings: [Finding] = []

    init(printsAtOnce: Bool) { self.printsAtOnce = printsAtOnce }

    mutating func add(_ finding: Finding) {
        findings.append(finding)
        guard printsAtOnce else { return }
        for line in Self.lines(of: finding, isColoured: Self.isTerminal) { Terminal.print(line) }
    }

    /// - Parameter isStrict: whether a warning counts as an error.
    func exitStatus(isStrict: Bool) -> Int32 {
        if isExamined == false { return 2 }
        let worst = findings.map(\.level).max() ?? .ok
        return worst >= (isStrict ? .warning : .error) ? 1 : 0
    }

    /// The last line: how many findings of each kind there are.
    var summary: String {
        let counts = [(Finding.Level.error, "error"), (.warning, "warning"), (.note, "note")]
            .map { level, noun in (findings.count { $0.level == level }, noun) }
            .filter { $0.0 > 0 }.map { Words.count($0.0, $0.1) }
        return counts.isEmpty ? "nothing is wrong" : counts.joined(separator: ", ")
    }

    /// One JSON object, without the line's end.
    var json: [UInt8] {
        var json = JSONWriter(capacity: 4096)
        json.beginObject()
        json.member("ok", !findings.contains { $0.level == .error })
        json.member("examined", isExamined ?? false)
        json.key("redis")
        if let configuration { json.string("\(configuration.endpoint)") } else { json.null() }
        json.key("key_pattern")
        if let configuration { json.string("\(configuration.keyPattern)") } else { json.null() }
        json.key("findings")
        json.beginArray()
        for finding in findings { finding.write(to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// A line with the level, the subject and what was seen; under it why it matters, and what mends it.
    static func lines(of finding: Finding, isColoured: Bool) -> [String] {
        let mark = finding.level.rawValue + String(repeating: " ", count: 8 - finding.level.rawValue.count)
        let coloured = isColoured ? "\u{1B}[\(colour(of: finding.level))m\(mark)\u{1B}[0m" : mark
        let first = "\(coloured) \(finding.subject): \(Terminal.safe(finding.what))"
        let indent = String(repeating: " ", count: 9)
        return [first] + (finding.why.map { [indent + Terminal.safe($0)] } ?? [])
            + finding.mend.map { indent + "    " + Terminal.safe($0) }
    }

    private static func colour(of level: Finding.Level) -> Int {
        switch level {
        case .ok: 32
        case .note: 36
        case .warning: 33
        case .error: 31
        }
    }

    /// Whether whoever reads standard output sees colours and wants them (https://no-color.org).
    private static var isTerminal: Bool {
        let noColour = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return isatty(STDOUT_FILENO) == 1 && !noColour && getenv("TERM").map { String(cString: $0) } != "dumb"
    }
}
