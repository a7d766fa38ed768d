/// Pages as they stand on the wire, over the socket and over HTTP.
extension JSONWriter {
    /// The members of a page of sessions.
    package mutating func members(of page: SessionListPage) {
        key("sessions")
        beginArray()
        for session in page.sessions {
            beginObject()
            member("session", session.session.description)
            member("user_id", session.userID.text)
            member("backend", session.backend)
            member("expires_at", expiry: session.expiresAt)
            member("first_seen_at", expiry: session.firstSeenAt)
            endObject()
        }
        endArray()
        if let next = page.next { member("next", String(next)) }
        member("position", page.position.description)
    }

    /// The members of a page of events.
    package mutating func members(of batch: EventBatch) {
        key("events")
        beginArray()
        for event in batch.events { raw(event.json) }
        endArray()
        if batch.hasMore { member("next", batch.position.description) }
    }
}
