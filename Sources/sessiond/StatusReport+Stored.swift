import SessiondClient

extension StatusReport {
    /// The rows on how sessions are stored; none where nothing is told of it.
    static func rows(_ stored: ServerStatus.Stored?) -> [(String, String)] {
        guard let stored else { return [] }
        let keys = stored.keys.enumerated().map { ($0 == 0 ? "keys" : "", key($1)) }
        return keys + [("stored", forms(stored)), ("signed", signed(stored.signed))]
    }

    private static func key(_ key: ServerStatus.Stored.Key) -> String {
        let name = key.key == 0 ? "SECRET_KEY" : "fallback \(key.key)"
        guard key.sessions > 0 else { return "\(name): no session on it" }
        let count = Words.count(key.sessions, "session") + (key.key == 0 ? "" : " still on it")
        let last = key.lastSignedAt.map { ", last signed in the hour of \(Words.time($0))" }
        return "\(name): \(count)\(last ?? "")"
    }

    private static func forms(_ stored: ServerStatus.Stored) -> String {
        let kinds = [
            ("layout", stored.layouts), ("serializer", stored.serializers), ("compression", stored.compressions),
        ]
        return kinds.filter { !$0.1.isEmpty }.map { "\($0.0) \(counts($0.1))" }.joined(separator: "; ")
    }

    /// The most frequent first.
    private static func counts(_ counts: [String: Int]) -> String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            .joined(separator: ", ")
    }

    private static func signed(_ signed: ServerStatus.Stored.Signed) -> String {
        var parts: [String] = []
        if let oldest = signed.oldest {
            parts += [
                "\(signed.withinDay) within a day, \(signed.withinWeek) within a week, "
                    + "\(signed.withinMonth) within a month, \(signed.older) longer ago; oldest \(Words.time(oldest))"
            ]
        }
        if signed.unknown > 0 { parts.append("\(signed.unknown) at a time unknown") }
        return parts.joined(separator: "; ")
    }
}
