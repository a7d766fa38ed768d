import JSONRPC
import SessionModel

/// The contract's params, read from a request.
extension NamedParams {
    /// A session key of 1 to 512 bytes.
    func sessionKey() throws(RPCError) -> SessionKey {
        guard let key = SessionKey(try string("session_key").utf8) else {
            throw .invalidParams(param: "session_key", .range)
        }
        return key
    }

    /// The user whose things are wanted; nil for everybody's.
    func optionalUserID() throws(RPCError) -> UserID? {
        try optionalString("user_id").map { UserID($0.string) }
    }

    func userID() throws(RPCError) -> UserID {
        UserID(try string("user_id").string)
    }

    /// A page's length.
    func limit(_ limits: Limits) throws(RPCError) -> Int {
        try optionalInteger("limit", in: 1...limits.pageCountMax) ?? limits.pageCountDefault
    }

    /// The place behind which a list goes on: an earlier `next`.
    func listPlace() throws(RPCError) -> UInt64? {
        guard let text = try optionalString("after") else { return nil }
        guard let place = UInt64(text.string) else { throw .invalidParams(param: "after", .range) }
        return place
    }

    /// The position behind which events are wanted: nil where none is named, `oldest` for the empty text.
    func eventStart() throws(RPCError) -> EventStart? {
        guard let text = try optionalString("after") else { return nil }
        if text.utf8.isEmpty { return .oldest }
        guard let id = EventID(text.string) else { throw .invalidParams(param: "after", .range) }
        return .after(id)
    }

    /// The filter that `types`, `user_id`, `session` and `session_key` make.
    func eventFilter() throws(RPCError) -> EventFilter {
        var types: Set<EventType>?
        if let names = try optionalStrings("types") {
            types = []
            for name in names {
                guard let type = EventType(rawValue: name.string) else { throw .invalidParams(param: "types", .range) }
                types?.insert(type)
            }
        }
        return EventFilter(types: types, userID: try optionalUserID(), session: try followedSession())
    }

    private func followedSession() throws(RPCError) -> Fingerprint? {
        if has("session_key") {
            guard !has("session") else { throw .invalidParams(param: "session", .unknown) }
            return Fingerprint(of: try sessionKey())
        }
        return try optionalFingerprint("session")
    }

    /// The session that is to be ended, by its key or its fingerprint.
    func revokedSession() throws(RPCError) -> RevocationTarget {
        if has("session") {
            guard !has("session_key") else { throw .invalidParams(param: "session", .unknown) }
            guard let session = try optionalFingerprint("session") else {
                throw .invalidParams(param: "session", .type)
            }
            return .session(session)
        }
        return .key(try sessionKey())
    }

    func optionalFingerprint(_ name: StaticString) throws(RPCError) -> Fingerprint? {
        guard let text = try optionalString(name) else { return nil }
        guard let session = Fingerprint(text.string) else { throw .invalidParams(param: name, .range) }
        return session
    }

    /// A time in RFC 3339, as milliseconds since 1970.
    func optionalTime(_ name: StaticString) throws(RPCError) -> Int64? {
        guard let text = try optionalString(name) else { return nil }
        guard let wall = Timestamp.parse(text.string) else { throw .invalidParams(param: name, .range) }
        return wall
    }
}
