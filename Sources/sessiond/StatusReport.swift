import SessiondClient

/// A status in lines: the subject, then its figures.
struct StatusReport {
    /// A subject; nothing where the row goes on with the one before.
    private struct Row {
        var subject = ""
        var text: String
        /// Shown above the text where there is a terminal.
        var gauges: [Gauge] = []
    }

    private let rows: [Row]

    /// The report of a status.
    ///
    /// - Parameter limits: what the daemon accepts at most, where that is known.
    init(_ status: ServerStatus, limits: ServerInfo.Limits? = nil) {
        var rows = [
            Row(
                subject: "sessiond",
                text: "\(status.version), run \(status.run), up \(Amount.span(status.uptimeSeconds))"),
            Row(subject: "link", text: Self.link(status.link)),
            Row(text: Self.hearing(status.link)),
            Row(text: status.link.lastError.map { "last error: \($0)" } ?? ""),
            Row(
                text: status.link.progress.map { "reading all sessions: \(LinkWords.progress($0))" } ?? "",
                gauges: Gauges.progress(status.link)),
            Row(subject: "sessions", text: Self.sessions(status.sessions), gauges: Gauges.sessions(status.sessions)),
            Row(text: Self.bad(status.sessions)),
        ]
        rows += Self.rows(status.stored).map { Row(subject: $0, text: $1) }
        rows += [
            Row(subject: "cache", text: Self.cache(status.cache), gauges: Gauges.cache(status.cache)),
            Row(subject: "journal", text: Self.journal(status.journal), gauges: Gauges.journal(status.journal)),
            Row(text: "position \(status.journal.position), oldest \(status.journal.oldest ?? "none")"),
            Row(
                text: status.journal.interrupted.map { "interrupted since \(Words.time($0.since)): \($0.cause)" } ?? ""
            ),
            Row(subject: "stream", text: status.stream.map(Self.stream) ?? ""),
            Row(
                subject: "clients", text: Self.clients(status.clients),
                gauges: Gauges.clients(status.clients, limits)),
            Row(subject: "memory", text: Self.memory(status.memory), gauges: Gauges.memory(status.memory)),
        ]
        self.rows = rows.filter { !$0.text.isEmpty }
    }

    private static let subjectColumns = 9

    /// Plain lines, aligned.
    var lines: [String] {
        rows.map { Columns.line([$0.subject, Terminal.safe($0.text)], widths: [Self.subjectColumns, 0]) }
    }

    /// Lines for a terminal of this width, with bars.
    func lines(in look: Look, columns: Int) -> [StyledLine] {
        rows.flatMap { row in
            var subject = row.subject
            func begun() -> StyledLine {
                defer { subject = "" }
                var line = StyledLine()
                line.add(subject, .strong, columns: Self.subjectColumns, ellipsis: look.glyphs.ellipsis)
                return line
            }
            let gauges = row.gauges.map { gauge in
                var line = begun()
                gauge.add(to: &line, columns: columns, look.glyphs)
                return line
            }
            let room = max(columns - Self.subjectColumns - 2, 1)
            let texts = Terminal.safe(row.text).wrapped(to: room).map { text in
                var line = begun()
                line.add(text, gauges.isEmpty ? .plain : .faint)
                return line
            }
            return gauges + texts
        }
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
            ", \(Amount.mebibytes(size))" + (journal.sizeBytesMax.map { " of at most \(Amount.mebibytes($0))" } ?? "")
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
            return Amount.mebibytes(memory.residentBytes)
        }
        return
            "\(Amount.mebibytes(memory.residentBytes)), session data \(Amount.mebibytes(data)) of at most \(Amount.mebibytes(most))"
    }
}
