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
                // A journal that was restored does not reach as far as it was published.
                let position = max(batch.position, lease.published ?? batch.position)
                return try await publish(takeover.unpublished(events), through: position, connection)
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
        // They begin with the time at which Redis added the entry.
        var next = StreamEntryID(milliseconds: UInt64(max(0, completeUntil - 2 * StreamTakeover.tolerance)))
        while true {
            let command = ["XRANGE", settings.name, next.description, "+", "COUNT", String(Self.page)]
            let reply = try await call(connection, command.map { Array($0.utf8) })
            guard case .array(let entries) = reply else { throw RedisFailure(refusing: "XRANGE", reply) }
            var last: StreamEntryID?
            for entry in entries {
                guard case .array(let entry) = entry, entry.count == 2, case .array(let fields) = entry[1] else {
                    continue
                }
                last = StreamEntryID(entry[0].bytes ?? []) ?? last
                for index in stride(from: 0, to: fields.count - 1, by: 2)
                where fields[index].bytes == Array("event".utf8) {
                    takeover.add(fields[index + 1].bytes ?? [])
                }
            }
            // A server that goes back would be read for ever.
            guard entries.count == Self.page, let last, last >= next, let following = last.next else { return takeover }
            next = following
            guard try await add([], through: nil, isComplete: false, connection) else { return nil }
        }
    }
}
