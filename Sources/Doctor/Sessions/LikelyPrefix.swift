import SessionModel

/// What stands before keys that look like Django's session keys: 32 lower-case letters and digits.
struct LikelyPrefix: Hashable {
    let bytes: [UInt8]

    private static let sessionKeyByteCount = 32
    /// What the cache backends put before a session key, with nothing in between.
    static let ofCaches = [
        "django.contrib.sessions.cache", "django.contrib.sessions.cached_db", "qsessions.q_cached_db",
    ]
    /// A longer run of letters and digits may be a credential itself, and is not shown.
    private static let shownRunMax = 19

    /// Nil where the name does not end in what looks like a session key, or what is before it may be secret.
    init?(of name: [UInt8]) {
        guard name.count >= Self.sessionKeyByteCount,
            name.suffix(Self.sessionKeyByteCount).allSatisfy({ Self.isLowercase($0) || Self.isDigit($0) })
        else { return nil }
        bytes = Array(name.dropLast(Self.sessionKeyByteCount))
        guard let text = String(validating: bytes, as: UTF8.self), text.allSatisfy({ !$0.isNewline }) else {
            return nil
        }
        let isOfCache = Self.ofCaches.contains { text.hasSuffix($0) }
        guard isOfCache || bytes.last.map({ !Self.isAlphanumeric($0) }) ?? true else { return nil }
        let runs = bytes.split { !Self.isAlphanumeric($0) }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), runs.allSatisfy({ $0.count <= Self.shownRunMax }) else {
            return nil
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var pattern: String { text + KeyPattern.placeholder }

    /// Whether the name alone says that sessions of a cache lie there.
    var isOfCache: Bool { Self.ofCaches.contains { text.hasSuffix($0) } }

    /// How often each prefix is found, the most frequent first.
    static func counts(in names: [[UInt8]]) -> [(prefix: LikelyPrefix, names: [[UInt8]])] {
        Dictionary(grouping: names) { LikelyPrefix(of: $0) }
            .compactMap { prefix, names in prefix.map { ($0, names) } }
            .sorted { ($1.names.count, $0.prefix.text) < ($0.names.count, $1.prefix.text) }
    }

    private static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowercase(byte) || isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
