public import Foundation
import SessionModel

/// The methods of the protocol. Each throws `refused` with the daemon's error, and the errors of `call`.
extension SessiondConnection {
    /// Who is behind a session key.
    ///
    /// - Parameters:
    ///   - sessionKey: The value of the session cookie, whatever the browser sent.
    ///   - confirm: Whether to ask Redis even where the daemon is sure.
    public func identity(
        of sessionKey: String,
        confirm: Bool = false,
        timeout: Duration? = nil
    ) async throws(SessiondClientError) -> SessionIdentity {
        let params = Self.lookup(sessionKey, confirm)
        let result = try await result(of: "session.identity", params: params, timeout: timeout, buffer: nil)
        return try Wire.decode(SessionIdentity.self, from: result, "a result of session.identity")
    }

    /// The session of a key, decoded.
    ///
    /// - Parameters:
    ///   - sessionKey: The value of the session cookie, whatever the browser sent.
    ///   - confirm: Whether to ask Redis even where the daemon is sure.
    public func contents(
        of sessionKey: String,
        confirm: Bool = false,
        timeout: Duration? = nil
    ) async throws(SessiondClientError) -> SessionContents {
        let params = Self.lookup(sessionKey, confirm)
        return try SessionContents(
            result: try await result(of: "session.get", params: params, timeout: timeout, buffer: nil)
        )
    }

    /// A page of the live sessions, of one user or of everybody.
    ///
    /// - Parameters:
    ///   - userID: The user, or nil for everybody.
    ///   - limit: How many at most, 1 to 1000; nil for the daemon's 100.
    ///   - after: The `next` of the page before.
    public func sessions(
        ofUser userID: String? = nil,
        limit: Int? = nil,
        after: String? = nil,
        timeout: Duration? = nil
    ) async throws(SessiondClientError) -> SessionPage {
        let method = userID == nil ? "session.list" : "user.sessions"
        let params = Self.params {
            $0.optional("user_id", userID)
            $0.optional("limit", limit)
            $0.optional("after", after)
        }
        let result = try await result(of: method, params: params, timeout: timeout, buffer: nil)
        return try Wire.decode(SessionPage.self, from: result, "a result of \(method)")
    }

    /// A page of the journal's history, oldest first.
    ///
    /// - Parameters:
    ///   - after: The id of the event before the first, or the `next` of the page before; nil for the oldest held.
    ///   - since: The earliest time of an event.
    ///   - until: The time before which an event must have occurred.
    ///   - openAt: Only the logins that were open at this time.
    ///   - types: Only events of these types.
    ///   - userID: Only events of this user.
    ///   - session: Only events of the session of this fingerprint.
    ///   - limit: How many at most, 1 to 1000; nil for the daemon's 100.
    public func events(
        after: String? = nil,
        since: Date? = nil,
        until: Date? = nil,
        openAt: Date? = nil,
        types: [SessiondEvent.TypeName]? = nil,
        userID: String? = nil,
        session: String? = nil,
        limit: Int? = nil,
        timeout: Duration? = nil
    ) async throws(SessiondClientError) -> EventPage {
        let params = Self.params {
            $0.optional("after", after)
            $0.optional("since", since.map(Wire.text))
            $0.optional("until", until.map(Wire.text))
            $0.optional("open_at", openAt.map(Wire.text))
            $0.optional("types", types?.map(\.rawValue))
            $0.optional("user_id", userID)
            $0.optional("session", session)
            $0.optional("limit", limit)
        }
        return try EventPage(
            result: try await result(of: "events.query", params: params, timeout: timeout, buffer: nil)
        )
    }

    /// Events as they come.
    ///
    /// - Parameters:
    ///   - after: The id of the last event that is known, so that what came since is sent first; `""` for all that are held; nil for
    ///     what comes from now on. The daemon refuses with `positionLost` where it no longer holds what follows.
    ///   - filter: Which events.
    public func subscribe(
        after: String? = nil,
        filter: SubscriptionFilter = .all,
        timeout: Duration? = nil
    ) async throws(SessiondClientError) -> EventSubscription {
        let params = Self.params {
            $0.optional("after", after)
            $0.optional("types", filter.types?.map(\.rawValue))
            $0.optional("user_id", filter.userID)
            switch filter.session {
            case .key(let key): $0.optional("session_key", key)
            case .fingerprint(let fingerprint): $0.optional("session", fingerprint)
            case nil: break
            }
        }
        let (buffer, stream) = EventBuffer.make()
        let result = try await result(of: "events.subscribe", params: params, timeout: timeout, buffer: buffer)
        return try EventSubscription(connection: self, buffer: buffer, stream: stream, result: result)
    }

    /// Ends a session: Django's users are logged out there.
    ///
    /// - Parameters:
    ///   - session: The session, by its key or its fingerprint.
    ///   - dryRun: Whether only to say how many there are.
    /// - Returns: How many sessions were ended: 1, or 0 where there is no such session.
    public func revoke(
        _ session: SubscriptionFilter.Session, dryRun: Bool = false, timeout: Duration? = nil
    ) async throws(SessiondClientError) -> Int {
        let params = Self.params {
            switch session {
            case .key(let key): $0.optional("session_key", key)
            case .fingerprint(let fingerprint): $0.optional("session", fingerprint)
            }
            $0.dryRun(dryRun)
        }
        return try await revoked(by: "session.revoke", params, timeout)
    }

    /// Ends all sessions of a user but one, where one is named.
    ///
    /// - Parameters:
    ///   - exception: The fingerprint of the session that stays.
    ///   - dryRun: Whether only to say how many there are.
    /// - Returns: How many sessions were ended.
    public func revokeAll(
        ofUser userID: String, except exception: String? = nil, dryRun: Bool = false, timeout: Duration? = nil
    ) async throws(SessiondClientError) -> Int {
        let params = Self.params {
            $0.optional("user_id", userID)
            $0.optional("except", exception)
            $0.dryRun(dryRun)
        }
        return try await revoked(by: "user.revoke", params, timeout)
    }

    private func revoked(
        by method: String, _ params: [UInt8], _ timeout: Duration?
    ) async throws(SessiondClientError) -> Int {
        struct Revoked: Decodable {
            let revoked: Int
        }
        let result = try await result(of: method, params: params, timeout: timeout, buffer: nil)
        return try Wire.decode(Revoked.self, from: result, "a result of \(method)").revoked
    }

    /// Erases what the journal holds of a user, who must not be logged in.
    ///
    /// - Returns: How many events were erased.
    public func forget(userID: String, timeout: Duration? = nil) async throws(SessiondClientError) -> Int {
        struct Forgotten: Decodable {
            let forgotten: Int
        }
        let params = Self.params { $0.optional("user_id", userID) }
        let result = try await result(of: "journal.forget", params: params, timeout: timeout, buffer: nil)
        return try Wire.decode(Forgotten.self, from: result, "a result of journal.forget").forgotten
    }

    /// How the daemon is doing.
    public func status(timeout: Duration? = nil) async throws(SessiondClientError) -> ServerStatus {
        let result = try await result(of: "server.status", params: Self.params { _ in }, timeout: timeout, buffer: nil)
        return try Wire.decode(ServerStatus.self, from: result, "a result of server.status")
    }

    /// What the daemon is, its limits, and the caller's rights.
    public func info(timeout: Duration? = nil) async throws(SessiondClientError) -> ServerInfo {
        let result = try await result(of: "server.info", params: Self.params { _ in }, timeout: timeout, buffer: nil)
        return try Wire.decode(ServerInfo.self, from: result, "a result of server.info")
    }

    private static func lookup(_ sessionKey: String, _ confirm: Bool) -> [UInt8] {
        params {
            $0.optional("session_key", sessionKey)
            if confirm {
                $0.key("confirm")
                $0.bool(true)
            }
        }
    }

    private static func params(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func dryRun(_ isWanted: Bool) {
        guard isWanted else { return }
        key("dry_run")
        bool(true)
    }

    fileprivate mutating func optional(_ name: StaticString, _ value: String?) {
        if let value {
            key(name)
            string(value)
        }
    }

    fileprivate mutating func optional(_ name: StaticString, _ value: Int?) {
        if let value {
            key(name)
            int(value)
        }
    }

    fileprivate mutating func optional(_ name: StaticString, _ value: [String]?) {
        guard let value else {
            return
        }
        key(name)
        beginArray()
        for element in value {
            string(element)
        }
        endArray()
    }
}
