import Foundation
import NIOCore
import SessionDirectory
import SessionModel
import SocketService

/// What `server.status` tells, gathered.
struct StatusReport {
    var version: String
    var uptimeMilliseconds: Int64
    var directory: DirectoryFigures
    var stored: StoredFigures
    var dataBytesMax: Int
    /// How far catching up has come, while it lasts.
    var progress: LinkPhase.Progress?
    var isProven: Bool
    var database: Int
    var link: (reconnects: Int, roundTrip: TimeAmount?, lastFailure: String?)
    var lookups: (hits: Int, misses: Int)
    var journal: JournalFigures
    /// Events that are known and not written yet.
    var backlog: Int
    var stream: StreamFigures?
    var clients: ClientFigures

    /// The result's JSON text.
    var json: [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.member("version", version)
        json.member("run", journal.position.runText)
        json.member("uptime_seconds", uptimeMilliseconds / 1000)
        object("link", &json) { json in
            json.member("state", directory.condition.rawValue)
            json.member("epoch", directory.epoch.number)
            json.member("proven", isProven)
            json.member("invalidation", directory.hearing.source.rawValue)
            json.key("cannot_tell")
            json.beginArray()
            for word in Self.blindness(of: directory.hearing) { json.string(word) }
            json.endArray()
            json.member("notifications", directory.hearing.notifications.rawValue)
            json.member("database", database)
            json.key("round_trip_ms")
            if let roundTrip = link.roundTrip { json.double(Double(roundTrip.nanoseconds) / 1e6) } else { json.null() }
            json.member("reconnects", link.reconnects)
            json.key("last_error")
            if let failure = link.lastFailure { json.string(failure) } else { json.null() }
            json.key("progress")
            if let progress { Self.write(progress, to: &json) } else { json.null() }
        }
        object("sessions", &json) { json in
            json.member("authenticated", directory.sessions.authenticated)
            json.member("anonymous", directory.sessions.anonymous)
            json.member("invalid", directory.sessions.invalid)
            json.member("unreadable", directory.sessions.unreadable)
            json.member("users", directory.userCount)
            json.member("ignored_keys", directory.foreignKeyCount)
        }
        object("stored", &json, writeStored)
        object("cache", &json) { json in
            json.member("hits", lookups.hits)
            json.member("misses", lookups.misses)
            json.member("fetches", directory.fetchCount)
            json.member("overtaken", directory.overtakenCount)
            json.member("compared", directory.comparedCount)
            json.member("stale_found", directory.staleFoundCount)
            json.member("misses_refused", directory.refusedMissCount)
        }
        object("memory", &json) { json in
            json.member("resident_bytes", Self.residentBytes)
            json.member("session_data_bytes", directory.dataBytes)
            json.member("session_data_bytes_max", dataBytesMax)
        }
        object("journal", &json, writeJournal)
        json.key("stream")
        if let stream { Self.write(stream, to: &json) } else { json.null() }
        object("clients", &json) { json in
            json.member("connections", clients.connections)
            json.member("subscriptions", clients.subscriptions)
            json.member("requests", clients.requests)
            json.member("refused", clients.refused)
            json.member("connections_refused", clients.refusedConnections)
            json.member("closed_slow", clients.slowPeers)
            json.member("closed_unfinished_line", clients.unfinishedLines)
            json.member("closed_idle", clients.idlePeers)
            json.member("accept_failures", clients.acceptFailures)
        }
        json.endObject()
        return json.bytes
    }

    /// What Redis does not announce, so that only comparing finds it.
    private static func blindness(of hearing: Hearing) -> [String] {
        switch hearing.source {
        case .keyspace: hearing.isTracking ? ["swapdb"] : ["flushes", "swapdb"]
        case .tracking: ["reasons", "swapdb"]
        case .none: ["changes"]
        }
    }

    private static func write(_ progress: LinkPhase.Progress, to json: inout JSONWriter) {
        json.beginObject()
        json.member("keys_read", progress.readCount)
        json.key("share")
        if let share = progress.share { json.double(share) } else { json.null() }
        json.key("elapsed_seconds")
        json.double(Double(progress.elapsedMilliseconds) / 1000)
        json.endObject()
    }

    private static func write(_ stream: StreamFigures, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", stream.stream)
        json.member("state", stream.standing)
        json.key("position")
        if let position = stream.position { json.string(position.description) } else { json.null() }
        json.key("last_error")
        if let failure = stream.lastFailure { json.string(failure) } else { json.null() }
        json.endObject()
    }

    private func writeJournal(_ json: inout JSONWriter) {
        json.member("kind", journal.kind)
        json.member("source", journal.source)
        json.member("position", journal.position.description)
        json.key("oldest")
        if let oldest = journal.oldest { json.string(oldest.description) } else { json.null() }
        json.member("events", journal.eventCount)
        json.member("capacity", or: journal.eventCountMax)
        json.member("backlog", backlog + journal.waitingCount)
        json.member("size_bytes", or: journal.bytes)
        json.member("size_bytes_max", or: journal.bytesMax)
        json.key("interrupted")
        guard let interruption = journal.interruption else { return json.null() }
        json.beginObject()
        json.member("since", Timestamp.milliseconds(interruption.since))
        json.member("cause", interruption.cause)
        json.endObject()
    }

    private func writeStored(_ json: inout JSONWriter) {
        json.key("keys")
        json.beginArray()
        for (index, key) in stored.keys.enumerated() {
            json.beginObject()
            json.member("key", index)
            json.member("sessions", key.sessionCount)
            json.member("last_signed_at", expiry: key.lastSignedAt)
            json.endObject()
        }
        json.endArray()
        object("layouts", &json) { Self.write(stored.layouts, to: &$0) }
        object("serializers", &json) { Self.write(stored.serializers, to: &$0) }
        object("compressions", &json) { Self.write(stored.compressions, to: &$0) }
        object("signed", &json) { json in
            json.member("oldest", expiry: stored.ages.oldest)
            json.member("within_day", stored.ages.withinDay)
            json.member("within_week", stored.ages.withinWeek)
            json.member("within_month", stored.ages.withinMonth)
            json.member("older", stored.ages.older)
            json.member("unknown", stored.ages.unknown)
        }
    }

    private static func write(_ counts: [String: Int], to json: inout JSONWriter) {
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
            json.key(escaping: name)
            json.int(count)
        }
    }

    private func object(_ name: StaticString, _ json: inout JSONWriter, _ write: (inout JSONWriter) -> Void) {
        json.key(name)
        json.beginObject()
        write(&json)
        json.endObject()
    }

    /// The process's resident set, of the second field of `/proc/self/statm`, which counts pages.
    static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}

extension JSONWriter {
    /// A member whose value is an integer, or null.
    fileprivate mutating func member(_ name: StaticString, or value: Int?) {
        key(name)
        if let value { int(value) } else { null() }
    }
}
