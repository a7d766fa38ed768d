import RESP
import SessionModel

/// Going on where another daemon has published from a journal of its own.
extension StreamPublisher {
    /// How many entries of the stream are read at once.
    private static var page: Int { 1000 }

    /// Publishes what another daemon has left out.
    ///
    /// - Returns: how far this journal is then published; nil where the lease is lost.
    func takeOver(_ connection: RedisConnection, _ lease: Lease) async throws(RedisFailure) -> EventID? {
        guard let takeover = try await readStream(connection, completeUntil: lease.completeUntil ?? 0) else {
            return nil
        }
        var start = EventStart.oldest
        if let published = lease.published {
            start = .after(published)
        } else if lease.completeUntil == nil {
            // Nobody came further than the sessions that were found at a first start: it is done anew, but for those.
            start = .after(EventID(run: journal.position.run, sequence: 0))
        }
        var events: [RecordedEvent] = []
        while true {
            switch await read(start, since: takeover.since) {
            case .failure(.positionLost): start = .oldest
            case .failure(.unreadable):
                // It is asked for again, and the lease with it.
                try? await Task.sleep(for: .milliseconds(StreamSettings.renewalMilliseconds))
                return nil
            case .success(let batch):
                events += batch.events.filter { $0.id > lease.published ?? EventID(run: 0, sequence: 0) }
                start = .after(batch.position)
                guard !batch.hasMore else { continue }
                return try await publish(takeover.unpublished(events), through: batch.position, connection)
            }
        }
    }

    /// - Returns: the position; nil where the lease is lost.
    private func publish(
        _ events: [RecordedEvent], through position: EventID, _ connection: RedisConnection
    ) async throws(RedisFailure) -> EventID? {
        var rest = events[...]
        repeat {
            let portion = rest.prefix(Self.portion)
            rest = rest.dropFirst(portion.count)
            // Until the last one is in the stream, the state stays the other journal's.
            guard
                try await add(
                    Array(portion), through: rest.isEmpty ? position : nil, isComplete: rest.isEmpty, connection)
            else { return nil }
        } while !rest.isEmpty
        return position
    }

    /// Reads what the stream holds of the time from which on this journal's events may be unpublished.
    ///
    /// - Returns: nil where the lease is lost.
    private func readStream(
        _ connection: RedisConnection, completeUntil: Int64
    ) async throws(RedisFailure) -> StreamTakeover? {
        var takeover = StreamTakeover(completeUntil: completeUntil)
        // Stream ids begin with the time at which Redis added the entry.
        var next = "\(max(0, completeUntil - 2 * StreamTakeover.tolerance))"
        while true {
            let command = ["XRANGE", settings.name, next, "+", "COUNT", String(Self.page)]
            let reply = try await call(connection, command.map { Array($0.utf8) })
            guard case .array(let entries) = reply else { throw RedisFailure(refusing: "XRANGE", reply) }
            var last: EntryID?
            for entry in entries {
                guard case .array(let entry) = entry, entry.count == 2, case .array(let fields) = entry[1] else {
                    continue
                }
                last = EntryID(entry[0].bytes ?? []) ?? last
                for index in stride(from: 0, to: fields.count - 1, by: 2)
                where fields[index].bytes == Array("event".utf8) {
                    takeover.add(fields[index + 1].bytes ?? [])
                }
            }
            guard entries.count == Self.page, let last else { return takeover }
            next = last.next.description
            guard try await add([], through: nil, isComplete: false, connection) else { return nil }
        }
    }
}

/// The id of an entry of a stream: `<milliseconds>-<number>`.
private struct EntryID: CustomStringConvertible {
    private let milliseconds: UInt64
    private let number: UInt64

    init?(_ text: [UInt8]) {
        let parts = String(decoding: text, as: UTF8.self).split(separator: "-")
        guard parts.count == 2, let milliseconds = UInt64(parts[0]), let number = UInt64(parts[1]) else { return nil }
        (self.milliseconds, self.number) = (milliseconds, number)
    }

    private init(_ milliseconds: UInt64, _ number: UInt64) {
        (self.milliseconds, self.number) = (milliseconds, number)
    }

    /// The least one behind it; Redis before 6.2 has no `(` for what is excluded.
    var next: EntryID { EntryID(milliseconds, number + 1) }

    var description: String { "\(milliseconds)-\(number)" }
}
