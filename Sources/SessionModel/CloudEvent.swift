/// An event as subscribers see it: CloudEvents 1.0 in the JSON format.
extension SessionEvent {
    /// The event's JSON text.
    ///
    /// - Parameters:
    ///   - source: the journal's `urn:uuid:…`.
    ///   - previousHash: in a journal that keeps a chain, 64 hexadecimal digits that stand for all events before.
    package func cloudEvent(source: String, previousHash: String? = nil) -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("specversion")
        json.string("1.0")
        json.key("id")
        json.string(id.description)
        json.key("source")
        json.string(source)
        json.key("type")
        json.string(type.rawValue)
        json.key("time")
        json.string(Timestamp.milliseconds(time))
        if let subject {
            json.key("subject")
            json.string(subject.description)
        }
        json.key("datacontenttype")
        json.string("application/json")
        json.key("data")
        json.beginObject()
        writeData(to: &json)
        json.endObject()
        if let previousHash { json.member("previoushash", previousHash) }
        json.endObject()
        return json.bytes
    }

    private func writeData(to json: inout JSONWriter) {
        switch kind {
        case .login(let userID, let backend, let expiresAt, let cause):
            json.member("user_id", userID.text)
            json.member("backend", backend)
            json.member("expires_at", expiry: expiresAt)
            json.member("cause", cause.name)
            if case .rotated(let previous) = cause { json.member("previous_session", previous.description) }
        case .logout(let userID, let backend, let loginID, let reason):
            json.member("user_id", userID.text)
            json.member("backend", backend)
            json.member("login_id", loginID.description)
            json.member("reason", reason.name)
            if case .revoked(let uid) = reason { json.member("by_uid", uid) }
        case .userOnline(let userID), .userOffline(let userID):
            json.member("user_id", userID.text)
        case .renewed(let userID, let expiresAt):
            json.member("user_id", userID.text)
            json.member("expires_at", expiry: expiresAt)
        case .changed(let userID, let keys):
            json.member("user_id", userID.text)
            json.key("keys")
            json.beginArray()
            for key in keys { json.string(key) }
            json.endArray()
        case .rejected(let reason):
            json.member("reason", reason.rawValue)
        case .link(let state, let gapMilliseconds):
            json.member("state", state.rawValue)
            json.key("gap_seconds")
            if let gapMilliseconds { json.double(Double(gapMilliseconds) / 1000) } else { json.null() }
        case .forgotten(let forgetting):
            json.member("events", forgetting.eventCount)
            if let digest = forgetting.digest { json.member("digest", digest) }
            json.member("by_uid", forgetting.byUID)
        }
    }
}

extension JSONWriter {
    /// A member whose value is a string.
    package mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    /// A member whose value is an integer.
    package mutating func member(_ name: StaticString, _ value: some BinaryInteger) {
        key(name)
        int(value)
    }

    /// A member whose value is `true` or `false`.
    package mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// A member whose value is a time in whole seconds, or null.
    ///
    /// - Parameter wall: milliseconds since 1970.
    package mutating func member(_ name: StaticString, expiry wall: Int64?) {
        key(name)
        if let wall { string(Timestamp.seconds(wall)) } else { null() }
    }
}
