import SessiondClient

/// The bars of a status.
enum Gauges {
    /// How far the reading of all sessions has come, while it lasts and where Redis tells.
    static func progress(_ link: ServerStatus.Link) -> [Gauge] {
        guard let progress = link.progress, let share = progress.share else { return [] }
        return [Gauge(label: "read", share: share, amount: "\(Amount.grouped(progress.keysRead)) keys")]
    }

    /// Sessions by kind, those that there are.
    static func sessions(_ sessions: ServerStatus.Sessions) -> [Gauge] {
        let kinds = [
            ("logged in", sessions.authenticated), ("anonymous", sessions.anonymous),
            ("invalid", sessions.invalid), ("unreadable", sessions.unreadable),
        ]
        let total = kinds.reduce(0) { $0 + $1.1 }
        return kinds.filter { $0.1 > 0 }.map { label, count in
            Gauge(label: label, share: Gauge.share(count, of: total), amount: Amount.grouped(count))
        }
    }

    /// How many lookups memory answered, since the start.
    static func cache(_ cache: ServerStatus.Cache) -> [Gauge] {
        let lookups = cache.hits + cache.misses
        guard lookups > 0 else { return [] }
        return [
            Gauge(
                label: "hit rate", share: Gauge.share(cache.hits, of: lookups),
                amount: "of \(Amount.grouped(lookups)) lookups", meaning: .success)
        ]
    }

    /// How full the journal is, where it is bounded. Beyond its bound the oldest events go: that is no alarm.
    static func journal(_ journal: ServerStatus.Journal) -> [Gauge] {
        if let size = journal.sizeBytes, let most = journal.sizeBytesMax, most > 0 {
            let amount = "\(Amount.mebibytes(size)) of \(Amount.mebibytes(most))"
            return [Gauge(label: "size", share: Gauge.share(size, of: most), amount: amount)]
        }
        if let most = journal.capacity, most > 0 {
            let amount = "\(Amount.grouped(journal.events)) of \(Amount.grouped(most))"
            return [Gauge(label: "events", share: Gauge.share(journal.events, of: most), amount: amount)]
        }
        return []
    }

    /// How many connections there are, of those that there may be.
    static func clients(_ clients: ServerStatus.Clients, _ limits: ServerInfo.Limits?) -> [Gauge] {
        guard let most = limits?.connectionsMax, most > 0 else { return [] }
        return [
            Gauge(
                label: "connections", share: Gauge.share(clients.connections, of: most),
                amount: "\(Amount.grouped(clients.connections)) of \(Amount.grouped(most))", meaning: .load)
        ]
    }

    /// How much session data is held, of what may be. At its bound data is dropped and read again: that is no alarm.
    static func memory(_ memory: ServerStatus.Memory) -> [Gauge] {
        guard let data = memory.sessionDataBytes, let most = memory.sessionDataBytesMax, most > 0 else { return [] }
        let amount = "\(Amount.mebibytes(data)) of \(Amount.mebibytes(most))"
        return [Gauge(label: "session data", share: Gauge.share(data, of: most), amount: amount)]
    }
}
