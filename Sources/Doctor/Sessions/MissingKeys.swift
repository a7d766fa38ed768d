import DjangoSession
import RedisTransport
import SessionModel

/// Where there is no session under the pattern: where may they be?
struct MissingKeys {
    let endpoint: RedisEndpoint
    let pattern: KeyPattern
    /// Whether the daemon is told that values are those of a cache.
    let isOfCache: Bool

    /// A place where keys look like sessions, and what some of their values are.
    struct Place {
        let prefix: LikelyPrefix
        let count: Int
        let kind: ValueKind?
    }

    /// What is known of the database and of others.
    struct Surroundings {
        var places: [Place] = []
        /// Databases with keys under the pattern.
        var databases: [Int] = []
        /// How many keys there are; nil where it is not known.
        var keyCount: Int?
        /// Whether all keys were looked at.
        var isComplete = true
        /// Whether more pages of the pattern's own scan may hold some.
        var isPatternScanComplete = true
    }

    func finding(_ surroundings: Surroundings) -> Finding {
        // Sessions may still come behind those pages that were asked for.
        let level = surroundings.isPatternScanComplete ? Finding.Level.error : .warning
        if let database = surroundings.databases.first { return inAnother(database, surroundings.databases, level) }
        let likely = surroundings.places.filter { $0.kind != .other }
        if let place = likely.first { return elsewhere(place, likely, level) }
        let looked =
            surroundings.isComplete && surroundings.isPatternScanComplete
            ? "and none in this database looks like a session" : "as far as was looked"
        let keys =
            surroundings.keyCount.map { $0 == 0 ? "; the database is empty" : " (of \(Words.count($0, "key")))" } ?? ""
        return Finding(
            .note, .keysNone, "no key under \(pattern), \(looked)\(keys)",
            why:
                "right if nobody has visited yet; else Django keeps sessions on another server or in another database, or not in Redis",
            mend: [
                "compare with Django's settings: SESSION_ENGINE, and SESSION_REDIS or CACHES (host, port, db, prefix)",
                RedisCommandLine(endpoint).line("MONITOR")
                    + "    # log in meanwhile: the key that is SET is the session's",
            ])
    }

    private func inAnother(_ database: Int, _ all: [Int], _ level: Finding.Level) -> Finding {
        var there = endpoint
        there.database = database
        let names = all.map { "\($0)" }.joined(separator: ", ")
        return Finding(
            level, .keysInAnotherDatabase,
            "no key under \(pattern) in database \(endpoint.database), but in database \(names)",
            why: "sessiond follows one database: everybody is `unknown` to it",
            mend: ["--redis-url \(ShellText.quoted("\(there)"))"])
    }

    private func elsewhere(_ place: Place, _ all: [Place], _ level: Finding.Level) -> Finding {
        let others = all.dropFirst().map { "\($0.prefix.pattern) (\($0.count))" }
        let more = others.isEmpty ? "" : "; also \(others.joined(separator: ", "))"
        return Finding(
            level, .keysElsewhere,
            "no key under \(pattern), but \(Words.count(place.count, "key")) under \(place.prefix.pattern) \(kindWords(place))\(more)",
            why: "everybody is `unknown` to sessiond. \(reason(place.prefix))",
            mend: [option(place)])
    }

    private func kindWords(_ place: Place) -> String {
        switch place.kind {
        case .verified: "with sessions that verify"
        case .signed: "with signed sessions, which fit no key here"
        case .cache: "with sessions of a cache"
        case .other, nil: "that look like sessions"
        }
    }

    private func reason(_ prefix: LikelyPrefix) -> String {
        if prefix.isOfCache { return "Django keeps them in a cache: SESSION_ENGINE is cache or cached_db" }
        if prefix.bytes.isEmpty {
            return
                "redis_sessions has no prefix unless it is told one, and redis_sessions_fork none where SESSION_REDIS_PREFIX is None, a line "
                + "that its README shows as if it were the default"
        }
        return
            "Django's settings have another prefix: SESSION_REDIS 'prefix', SESSION_REDIS_PREFIX, or KEY_PREFIX and VERSION of a cache"
    }

    private func option(_ place: Place) -> String {
        let pattern = PatternOption.text(of: place.prefix.pattern)
        return switch place.kind {
        case .cache where !isOfCache: pattern + " --encoding cache"
        case .signed where isOfCache: pattern + " --encoding signed"
        default: pattern
        }
    }
}

/// What a value looks like.
enum ValueKind: Equatable {
    /// What the daemon would read.
    case verified
    /// Signed, by whatever key.
    case signed
    /// A session of a cache.
    case cache
    case other
}

/// Tells what values look like. What it finds vouches for nobody.
struct ValueTaster {
    let decoder: SessionDecoder
    private let signed = SessionDecoder(verification: .none)
    private let cache = SessionDecoder(cacheSerializer: nil)

    init(decoder: SessionDecoder) { self.decoder = decoder }

    /// The kind of the first value that is one.
    func kind(of values: [[UInt8]], under prefix: LikelyPrefix) -> ValueKind {
        let kinds = values.map { kind(of: $0, under: prefix) }
        return [.verified, .signed, .cache].first(where: kinds.contains) ?? .other
    }

    private func kind(of value: [UInt8], under prefix: LikelyPrefix) -> ValueKind {
        if (try? decoder.decode(value)) != nil { return isPlausible(value, prefix) ? .verified : .other }
        if (try? signed.decode(value)) != nil { return .signed }
        guard let session = try? cache.decode(value), isPlausible(session, prefix) else { return .other }
        return .cache
    }

    /// Nothing vouches for a value of a cache, and other things than sessions are dictionaries.
    private func isPlausible(_ value: [UInt8], _ prefix: LikelyPrefix) -> Bool {
        guard let session = try? decoder.decode(value), session.layout == .cache else { return true }
        return isPlausible(session, prefix)
    }

    private func isPlausible(_ session: DecodedSession, _ prefix: LikelyPrefix) -> Bool {
        session.userID != nil || prefix.text.contains("session")
    }
}
