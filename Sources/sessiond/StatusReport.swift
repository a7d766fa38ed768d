import SessiondClient

/// A status in lines: the subject, then its figures.
struct StatusReport {
    /// The lines, aligned.
    let lines: [String]

    /// The report of a status.
    init(_ status: ServerStatus) {
        var rows = [
            ("sessiond", "\(status.version), run \(status.run), up \(Self.time(status.uptimeSeconds))"),
            ("link", Self.link(status.link)),
            ("", Self.hearing(status.link)),
            ("", status.link.lastError.map { "last error: \($0)" } ?? ""),
            ("sessions", Self.sessions(status.sessions)),
            ("", Self.bad(status.sessions)),
        ]
        rows += Self.rows(status.stored)
        rows += [
            ("cache", Self.cache(status.cache)),
            ("journal", Self.journal(status.journal)),
            ("", "position \(status.journal.position), oldest \(status.journal.oldest ?? "none")"),
            ("", status.journal.interrupted.map { "interrupted since \(Words.time($0.since)): \($0.cause)" } ?? ""),
            ("stream", status.stream.map(Self.stream) ?? ""),
            ("clients", Self.clients(status.clients)),
            ("memory", Self.memory(status.memory)),
        ]
        lines = rows.filter { !$0.1.isEmpty }.map { Columns.line([$0.0, Terminal.safe($0.1)], widths: [9, 0]) }
    }

    private static func link(_ link: ServerStatus.Link) -> String {
        var parts = [
            link.state, link.isProven ? "proven" : "not proven", "database \(link.database)", "epoch \(link.epoch)",
        ]
        if let milliseconds = link.roundTripMilliseconds {
            parts.append("round trip \((milliseconds * 100).rounded() / 100) ms")
        }
        parts.append(Words.count(link.reconnects, "reconnect"))
        return parts.joined(separator: ", ")
    }

    private static func sessions(_ sessions: ServerStatus.Sessions) -> String {
        "\(sessions.authenticated) logged in, of \(Words.count(sessions.users, "user")); \(sessions.anonymous) anonymous"
    }

    private static func bad(_ sessions: ServerStatus.Sessions) -> String {
        "\(sessions.invalid) with an invalid signature, \(sessions.unreadable) unreadable, "
            + "\(Words.count(sessions.ignoredKeys, "key")) ignored"
    }

    private static func cache(_ cache: ServerStatus.Cache) -> String {
        let lookups = cache.hits + cache.misses
        let share = lookups == 0 ? "" : " (\(100 * cache.hits / lookups) %)"
        return "\(cache.hits) of \(Words.count(lookups, "lookup")) answered from it\(share); "
            + "\(cache.fetches) fetched, \(cache.overtaken) overtaken; \(cache.compared ?? 0) compared, "
            + "\(cache.staleFound) found stale"
            + (cache.missesRefused.map { $0 > 0 ? "; \($0) of unknown keys refused" : "" } ?? "")
    }

    private static func journal(_ journal: ServerStatus.Journal) -> String {
        let capacity = journal.capacity.map { " of at most \($0)" } ?? ""
        let size = journal.sizeBytes.map { size in
            ", \(bytes(size))" + (journal.sizeBytesMax.map { " of at most \(bytes($0))" } ?? "")
        }
        let place = journal.kind == "memory" ? "in memory" : "on disk"
        return "\(place), \(Words.count(journal.events, "event"))\(capacity)\(size ?? ""), backlog \(journal.backlog)"
    }

    private static func stream(_ stream: ServerStatus.Stream) -> String {
        let position = stream.position.map { ", published to \($0)" } ?? ""
        let failure = stream.lastError.map { ", last error: \($0)" } ?? ""
        return "\(stream.name): \(stream.state)\(position)\(failure)"
    }

    private static func clients(_ clients: ServerStatus.Clients) -> String {
        [
            Words.count(clients.connections, "connection"), Words.count(clients.subscriptions, "subscription"),
            Words.count(clients.requests, "request"), "\(clients.refused) refused",
        ].joined(separator: ", ") + limitsReached(clients)
    }

    /// Nothing where no limit was reached.
    private static func limitsReached(_ clients: ServerStatus.Clients) -> String {
        let counts = [
            (clients.connectionsRefused, "turned away"), (clients.closedSlow, "closed for not reading"),
            (clients.closedUnfinishedLine, "closed for half a line"), (clients.closedIdle, "closed for being idle"),
            (clients.acceptFailures, "not accepted by the system"),
        ]
        let words = counts.compactMap { count, words in
            count.flatMap { $0 > 0 ? "\(Words.count($0, "connection")) \(words)" : nil }
        }
        return words.isEmpty ? "" : "; " + words.joined(separator: ", ")
    }

    private static func hearing(_ link: ServerStatus.Link) -> String {
        let source = link.invalidation.map { "changes heard by \($0), " } ?? ""
        let blind = link.cannotTell.map { $0.isEmpty ? "" : "; not told: \($0.joined(separator: ", "))" } ?? ""
        return "\(source)notifications \(link.notifications)\(blind)"
    }

    private static func memory(_ memory: ServerStatus.Memory) -> String {
        guard let data = memory.sessionDataBytes, let most = memory.sessionDataBytesMax else {
            return bytes(memory.residentBytes)
        }
        return "\(bytes(memory.residentBytes)), session data \(bytes(data)) of at most \(bytes(most))"
    }

    private static func bytes(_ count: Int) -> String {
        let tenths = count * 10 / (1024 * 1024)
        return "\(tenths / 10).\(tenths % 10) MiB"
    }

    /// A span of time in its two largest units.
    private static func time(_ seconds: Double) -> String {
        let seconds = Int(seconds)
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        let text = parts.drop { $0.0 == 0 }.prefix(2).map { "\($0.0) \($0.1)" }.joined(separator: " ")
        return text.isEmpty ? "0 s" : text
    }
}
