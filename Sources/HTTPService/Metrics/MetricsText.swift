/// All figures as Prometheus reads them. A pure function: no session, no user and no key is among them.
enum MetricsText {
    static func text(_ figures: ServiceFigures, _ door: HTTPFigures.Values) -> String {
        var metrics = MetricsWriter()
        process(figures, &metrics)
        link(figures.link, &metrics)
        sessions(figures.sessions, &metrics)
        cache(figures.cache, &metrics)
        journal(figures, &metrics)
        socket(figures.socket, &metrics)
        http(door, &metrics)
        return metrics.text
    }

    private static func process(_ figures: ServiceFigures, _ metrics: inout MetricsWriter) {
        metrics.metric(
            "build_info", .gauge, "The version that runs.", [([("version", figures.version)], 1)])
        metrics.metric("start_time_seconds", .gauge, "When the daemon was started, since 1970.", figures.startedAt)
        metrics.metric("memory_resident_bytes", .gauge, "Resident memory of the daemon.", figures.memory.resident)
        metrics.metric(
            "session_data_bytes", .gauge, "Decoded session data in memory.", figures.memory.sessionData)
        metrics.metric(
            "session_data_max_bytes", .gauge, "How much of it is kept (--max-data-memory).",
            figures.memory.sessionDataMax)
    }

    private static func link(_ link: ServiceFigures.Link, _ metrics: inout MetricsWriter) {
        metrics.metric(
            "link_state", .gauge, "1 for the state in which the link to Redis is.",
            link.states.map { ([("state", $0)], $0 == link.state ? 1 : 0) })
        metrics.metric(
            "link_proven", .gauge, "Whether answers may come from memory at this moment.", link.isProven ? 1 : 0)
        metrics.metric(
            "link_round_trip_seconds", .gauge,
            "How long Redis took to answer on the connection that hears of changes: the lag of an answer.",
            link.roundTripSeconds)
        metrics.metric(
            "link_epochs_total", .counter, "How often all sessions were read anew, since nobody could see changes.",
            link.epoch)
        metrics.metric("link_reconnects_total", .counter, "Lost connections to Redis.", link.reconnects)
    }

    private static func sessions(_ sessions: ServiceFigures.Sessions, _ metrics: inout MetricsWriter) {
        let counts = [
            ("authenticated", sessions.authenticated), ("anonymous", sessions.anonymous),
            ("invalid", sessions.invalid), ("unreadable", sessions.unreadable),
        ]
        metrics.metric(
            "sessions", .gauge, "Sessions in Redis.", counts.map { ([("kind", $0.0)], Double($0.1)) })
        metrics.metric("users", .gauge, "Users with a session.", sessions.users)
        metrics.metric(
            "ignored_keys", .gauge, "Keys under the pattern that are no sessions.", sessions.ignoredKeys)
    }

    private static func cache(_ cache: ServiceFigures.Cache, _ metrics: inout MetricsWriter) {
        metrics.metric(
            "lookups_total", .counter, "Lookups: hit was answered from memory, miss asked Redis.",
            [([("result", "hit")], Double(cache.hits)), ([("result", "miss")], Double(cache.misses))])
        metrics.metric(
            "misses_refused_total", .counter,
            "Lookups of unknown keys that were refused (--max-misses, --max-misses-per-uid).", cache.missesRefused)
        metrics.metric("fetches_total", .counter, "Keys that were read from Redis.", cache.fetches)
        metrics.metric(
            "fetches_overtaken_total", .counter, "Reads that a later change made worthless.", cache.overtaken)
        metrics.metric("sessions_compared_total", .counter, "Sessions that were compared with Redis.", cache.compared)
        metrics.metric(
            "stale_found_total", .counter,
            "Sessions that memory was wrong about, and Redis had not announced: should stay 0.", cache.staleFound)
    }

    private static func journal(_ figures: ServiceFigures, _ metrics: inout MetricsWriter) {
        let journal = figures.journal
        metrics.metric("events_total", .counter, "Events since the start.", journal.eventsSinceStart)
        metrics.metric("journal_events", .gauge, "Events that the journal holds.", journal.heldEvents)
        metrics.metric(
            "journal_backlog_events", .gauge, "Events that are known and not written yet.", journal.backlog)
        metrics.metric("journal_size_bytes", .gauge, "Size of the journal's files.", journal.bytes.map(Double.init))
        metrics.metric(
            "journal_interrupted", .gauge, "Whether events cannot be recorded at present.",
            journal.isInterrupted ? 1 : 0)
        metrics.metric(
            "stream_publishing", .gauge, "Whether this daemon publishes to the Redis Stream.",
            figures.isPublishing.map { $0 ? 1.0 : 0.0 })
    }

    private static func socket(_ socket: ServiceFigures.Socket, _ metrics: inout MetricsWriter) {
        metrics.metric("socket_connections", .gauge, "Open connections to the Unix sockets.", socket.connections)
        metrics.metric("socket_subscriptions", .gauge, "Open subscriptions to events there.", socket.subscriptions)
        metrics.metric("socket_requests_total", .counter, "Requests over the Unix sockets.", socket.requests)
        metrics.metric(
            "socket_requests_refused_total", .counter, "Requests that were refused for want of a right.",
            socket.refusedRequests)
        metrics.metric(
            "socket_connections_refused_total", .counter, "Connections that were refused: there were too many.",
            socket.refusedConnections)
        metrics.metric(
            "socket_connections_closed_total", .counter, "Connections that were closed, by what their peers did.",
            [
                ([("cause", "slow")], Double(socket.closedSlow)),
                ([("cause", "unfinished_line")], Double(socket.closedUnfinished)),
                ([("cause", "idle")], Double(socket.closedIdle)),
            ])
        metrics.metric(
            "socket_accept_failures_total", .counter, "How often the system refused to accept a connection.",
            socket.acceptFailures)
    }

    private static func http(_ door: HTTPFigures.Values, _ metrics: inout MetricsWriter) {
        metrics.metric("http_connections", .gauge, "Open HTTP connections.", door.connections)
        metrics.metric("http_streams", .gauge, "Open streams of events over HTTP.", door.streams)
        metrics.metric(
            "http_requests_total", .counter, "Answers over HTTP, by what was asked and their status.",
            door.answers.sorted { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }
                .map { ([("route", $0.key.route), ("code", "\($0.key.status)")], Double($0.value)) })
        metrics.metric(
            "http_connections_refused_total", .counter, "HTTP connections that were refused: there were too many.",
            door.refusedConnections)
        metrics.metric(
            "http_connections_closed_total", .counter, "HTTP connections that were closed, by what their peers did.",
            HTTPPatience.Fault.allCases.map { ([("cause", $0.rawValue)], Double(door.faults[$0] ?? 0)) })
    }
}
