import NIOHTTP1
import SessionModel

/// A page of the live sessions, as JSON: what `session.list` of the socket tells.
enum SessionsAnswer {
    static func answer(_ page: SessionListPage) -> Answer {
        var json = JSONWriter(capacity: 256 * (page.sessions.count + 1))
        json.beginObject()
        json.members(of: page)
        json.endObject()
        return .json(.ok, json.bytes)
    }
}

/// A page of events, as JSON: what `events.query` of the socket tells, and where a stream goes on.
enum HistoryAnswer {
    static func answer(_ result: Result<EventBatch, EventReadError>) -> Answer {
        var json: JSONWriter
        switch result {
        case .success(let batch):
            json = JSONWriter(capacity: 512 * (batch.events.count + 1))
            json.beginObject()
            json.members(of: batch)
            json.member("position", batch.position.description)
            json.endObject()
            return .json(.ok, json.bytes)
        case .failure(.positionLost(let lost)):
            json = JSONWriter()
            json.object(of: lost)
            return .json(.gone, json.bytes)
        case .failure(.unreadable(let cause)): return .unavailable(cause, retryAfterMilliseconds: 1000)
        }
    }
}

extension JSONWriter {
    /// That what follows a position is no longer held.
    mutating func object(of lost: PositionLost) {
        beginObject()
        member("reason", "position_lost")
        key("oldest")
        if let oldest = lost.oldest { string(oldest.description) } else { null() }
        endObject()
    }
}
