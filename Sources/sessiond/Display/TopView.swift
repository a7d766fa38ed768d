import Foundation
import SessiondClient

/// What `sessiond top` shows: takes what is told, and gives lines for a window.
struct TopView {
    private let path: String
    private var status: ServerStatus?
    private var limits: ServerInfo.Limits?
    /// Why the daemon cannot be asked; nil while it can.
    private var absence: String?
    private var events: [SessiondEvent] = []
    /// Why there are no events; nil while there may be.
    private var eventsAbsence: String?
    private var rates = LookupRates()

    /// As many events as fill the largest window.
    private static let eventCountMax = 300
    /// Rows that are kept for events, with the line above them and an empty one.
    private static let eventRowsMin = 5

    /// - Parameter path: the daemon's socket.
    init(path: String) {
        self.path = path
    }

    /// Whether this key ends the view: `q`, or Ctrl-C.
    static func isEnd(_ key: UInt8) -> Bool {
        [UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03].contains(key)
    }

    // MARK: What is told

    /// The daemon said how it is doing.
    ///
    /// - Parameter uptime: now, in seconds of a clock that only goes forward.
    mutating func take(_ status: ServerStatus, at uptime: Double) {
        rates.take(status, at: uptime)
        self.status = status
        absence = nil
    }

    mutating func take(_ info: ServerInfo) {
        limits = info.limits
    }

    /// The daemon could not be asked: what it said before stands there still, and is called old.
    mutating func daemonLost(_ error: SessiondClientError) {
        absence =
            switch error {
            case .connectionClosed: "the daemon is away: the connection to it is lost"
            case .refused: "no figures: you lack the right `identify`"
            default: "the daemon is away: \(error)"
            }
        rates.interrupt()
    }

    mutating func take(_ step: EventFollower.Step) {
        switch step {
        case .update(.event(let event)):
            events.append(event)
            if events.count > Self.eventCountMax { events.removeFirst(events.count - Self.eventCountMax) }
        case .subscribed: eventsAbsence = nil
        case .update(.heartbeat), .interrupted, .positionLost: break
        }
    }

    /// There will be no more events.
    mutating func eventsEnded(_ error: SessiondClientError) {
        if case .refused(let refusal) = error, refusal.code == RemoteError.Code.forbidden {
            eventsAbsence = "not shown: you lack the right `observe`"
        } else {
            eventsAbsence = "not shown: \(error)"
        }
    }

    // MARK: What is shown

    /// Lines for a window; no more than it has rows.
    func lines(in window: Window, at now: Date, _ look: Look) -> [StyledLine] {
        var lines = [head(now, window.columns, look.glyphs), second(look.glyphs)]
        if let status {
            lines.append(StyledLine())
            lines += figures(of: status, window.columns, look.glyphs)
        }
        // A low window shows fewer figures, but not no events.
        lines.removeLast(min(max(lines.count + Self.eventRowsMin - window.rows, 0), lines.count - 2))
        while lines.last?.pieces.isEmpty == true { lines.removeLast() }
        lines.append(StyledLine())
        lines.append(StyledLine("last events", .strong))
        let room = window.rows - lines.count
        lines += eventLines(at: now, count: room, look.glyphs)
        return Array(lines.prefix(window.rows))
    }

    private func head(_ now: Date, _ columns: Int, _ glyphs: Glyphs) -> StyledLine {
        var line = StyledLine()
        line.add("sessiond \(status?.version ?? "")", .strong)
        if let status {
            line.add(glyphs.separator, .faint)
            line.add("up \(Amount.span(status.uptimeSeconds))")
        }
        line.add(glyphs.separator, .faint)
        line.add(path, .faint)
        let end = "q ends"
        let gap = columns - line.text.columnCount - end.count
        if gap > 0 { line.add(String(repeating: " ", count: gap) + end, .faint) }
        return line
    }

    private func second(_ glyphs: Glyphs) -> StyledLine {
        if let absence { return StyledLine(absence, .bad) }
        guard let link = status?.link else { return StyledLine("asking the daemon", .faint) }
        var line = StyledLine()
        let (words, style) = LinkWords.state(link)
        line.add(words, style)
        line.add(glyphs.separator, .faint)
        let lag = link.roundTripMilliseconds.map { "\(($0 * 100).rounded() / 100) ms" } ?? "unknown"
        line.add("lag \(lag)")
        line.add(glyphs.separator, .faint)
        line.add("database \(link.database)")
        line.add(glyphs.separator, .faint)
        line.add(Words.count(link.reconnects, "reconnect"))
        if let error = link.lastError {
            line.add(glyphs.separator, .faint)
            line.add(error, .doubtful)
        }
        return line
    }

    private func figures(of status: ServerStatus, _ columns: Int, _ glyphs: Glyphs) -> [StyledLine] {
        let (journal, clients) = (status.journal, status.clients)
        func gauges(_ subject: String, _ gauges: [Gauge]) -> [StyledLine] {
            gauges.enumerated().map { index, gauge in
                var line = text(index == 0 ? subject : "", "")
                gauge.add(to: &line, columns: columns, glyphs)
                return line
            }
        }
        return gauges("reading", Gauges.progress(status.link)) + [
            lookups(columns, glyphs), text("users", "\(Amount.grouped(status.sessions.users)) online"),
        ] + gauges("sessions", Gauges.sessions(status.sessions))
            + [text("memory", "\(Amount.mebibytes(status.memory.residentBytes)) resident")]
            + gauges("", Gauges.memory(status.memory))
            + [text("journal", "\(Words.count(journal.events, "event")), backlog \(Amount.grouped(journal.backlog))")]
            + gauges("", Gauges.journal(journal))
            + (journal.interrupted.map { [text("", "interrupted: \($0.cause)", .bad)] } ?? [])
            + [text("clients", Self.words(clients))] + gauges("", Gauges.clients(clients, limits))
    }

    private static func words(_ clients: ServerStatus.Clients) -> String {
        [
            Words.count(clients.connections, "connection"), Words.count(clients.subscriptions, "subscription"),
            "\(Amount.grouped(clients.requests)) requests", "\(Amount.grouped(clients.refused)) refused",
        ].joined(separator: ", ")
    }

    private func lookups(_ columns: Int, _ glyphs: Glyphs) -> StyledLine {
        var line = text("lookups", "\(Amount.rate(rates.last ?? 0)) a second".padded(to: 18))
        if let share = rates.hitShare { line.add("\(Gauge.percent(share)) from memory".padded(to: 22)) }
        let room = columns - line.text.columnCount
        line.add(glyphs.sparkline(rates.values, columns: min(room, LookupRates.countMax)), .lively)
        return line
    }

    private func text(_ subject: String, _ text: String, _ style: Style = .plain) -> StyledLine {
        var line = StyledLine()
        line.add(subject.padded(to: 10), .faint)
        line.add(text, style)
        return line
    }

    /// The newest first: it stands still where the window is too small for all.
    private func eventLines(at now: Date, count: Int, _ glyphs: Glyphs) -> [StyledLine] {
        if let eventsAbsence { return [StyledLine(eventsAbsence, .doubtful)] }
        guard !events.isEmpty else { return [StyledLine("none yet", .faint)] }
        return events.reversed().prefix(max(count, 0)).map { EventLine.line($0, at: now, .ago, glyphs) }
    }
}
