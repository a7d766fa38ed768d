import JSONRPC
import SessionModel

/// What each method does with its params.
extension PeerConnection {
    func perform(_ method: Method, _ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        switch method {
        case .identity: try identity(params, for: address)
        case .get: try get(params, for: address)
        case .list: try list(try params.named("user_id", "limit", "after"), userRequired: false, for: address)
        case .userSessions: try list(try params.named("user_id", "limit", "after"), userRequired: true, for: address)
        case .revoke: try revoke(params, for: address)
        case .userRevoke: try revokeAll(params, for: address)
        case .subscribe: .result(try subscribe(params, for: address))
        case .unsubscribe: .result(try unsubscribe(params))
        case .query: try query(params, for: address)
        case .forget: try forget(params, for: address)
        case .status: try status(params, for: address)
        case .info: .result(try info(params))
        }
    }

    private func identity(_ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        let params = try params.named("session_key", "confirm")
        let wants = LookupWants(confirmation: try params.optionalBool("confirm") ?? false)
        return try lookUp(try params.sessionKey(), wants, for: address) { ResultText.identity($0.verdict) }
    }

    private func get(_ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        let params = try params.named("session_key", "confirm")
        let wants = LookupWants(confirmation: try params.optionalBool("confirm") ?? false, data: grant.view)
        return try lookUp(try params.sessionKey(), wants, for: address) { ResultText.session($0) }
    }

    private func lookUp(
        _ key: SessionKey, _ wanted: LookupWants, for address: ReplyAddress,
        _ text: @escaping @Sendable (SessionAnswer) -> Result<[UInt8], RPCError>
    ) throws(RPCError) -> MethodOutcome {
        var wants = wanted
        wants.askedBy = peer.uid
        if let answer = backend.lookup.cached(key, wanting: wants) {
            return .result(try text(answer).get())
        }
        try reserveWaitingPlace()
        let reply = replier(to: address, isPage: wants.data != nil, text)
        backend.lookup.ask(key, wanting: wants, completion: reply)
        return .later
    }

    private func list(
        _ params: NamedParams, userRequired: Bool, for address: ReplyAddress
    ) throws(RPCError) -> MethodOutcome {
        let query = SessionListQuery(
            userID: userRequired ? try params.userID() : try params.optionalUserID(),
            limit: try params.limit(backend.limits),
            after: try params.listPlace(),
            byUID: peer.uid
        )
        try reserveWaitingPlace()
        let reply = replier(to: address, isPage: true)
        backend.lookup.list(query) { reply(.success(ResultText.page($0))) }
        return .later
    }

    private func revoke(_ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        let params = try params.named("session_key", "session", "dry_run")
        return try revoke(try params.revokedSession(), try params.optionalBool("dry_run"), for: address)
    }

    private func revokeAll(_ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        let params = try params.named("user_id", "except", "dry_run")
        let target = RevocationTarget.user(try params.userID(), except: try params.optionalFingerprint("except"))
        return try revoke(target, try params.optionalBool("dry_run"), for: address)
    }

    private func revoke(
        _ target: RevocationTarget, _ isDryRun: Bool?, for address: ReplyAddress
    ) throws(RPCError) -> MethodOutcome {
        try reserveWaitingPlace()
        let reply = replier(to: address, isPage: false)
        let order = RevocationOrder(target, byUID: peer.uid, isDryRun: isDryRun ?? false)
        backend.lookup.revoke(order) { result in
            reply(result.map(ResultText.revoked).mapError { RPCError($0) })
        }
        return .later
    }

    private func subscribe(_ params: Params, for address: ReplyAddress) throws(RPCError) -> [UInt8] {
        let right = Method.subscribe.right(namesKey: params.names("session_key"))
        let params = try params.named("after", "types", "user_id", "session_key", "session")
        return try subscribe(try params.eventFilter(), from: try params.eventStart(), by: right, for: address)
    }

    private func unsubscribe(_ params: Params) throws(RPCError) -> [UInt8] {
        let number = try params.named("subscription").integer("subscription", in: 1...Int.max)
        guard unsubscribe(number) else { throw .invalidParams(param: "subscription", .range) }
        return Array("{}".utf8)
    }

    private func query(_ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        let params = try params.named("after", "since", "until", "types", "user_id", "session", "limit", "open_at")
        var filter = try params.eventFilter()
        filter.since = try params.optionalTime("since")
        filter.until = try params.optionalTime("until")
        filter.openAt = try params.optionalTime("open_at")
        let limit = try params.limit(backend.limits)
        let start = try params.eventStart() ?? .oldest
        try reserveWaitingPlace()
        let reply = replier(to: address, isPage: true)
        backend.log.read(from: start, matching: filter, limit: limit) { result in
            reply(result.map { ResultText.events($0.0) }.mapError { RPCError($0) })
        }
        return .later
    }

    private func forget(_ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        let userID = try params.named("user_id").userID()
        try reserveWaitingPlace()
        let reply = replier(to: address, isPage: false)
        backend.lookup.forget(userID, byUID: peer.uid) { result in
            reply(result.map(ResultText.forgotten).mapError { RPCError($0) })
        }
        return .later
    }

    private func status(_ params: Params, for address: ReplyAddress) throws(RPCError) -> MethodOutcome {
        _ = try params.named()
        try reserveWaitingPlace()
        let reply = replier(to: address, isPage: true)
        backend.status { reply(.success($0)) }
        return .later
    }

    private func info(_ params: Params) throws(RPCError) -> [UInt8] {
        _ = try params.named()
        return ResultText.info(version: backend.version, limits: backend.limits, rights: grant.rights, peer: peer)
    }
}

extension RPCError {
    /// What a peer is told of a user who cannot be forgotten.
    init(_ error: ForgetError) {
        switch error {
        case .loggedIn(let count): self = .loggedIn(sessions: count)
        case .unavailable(let cause): self = .unavailable(retryAfterMilliseconds: 1000, cause: cause)
        }
    }

    /// What a peer is told where it is not known whether sessions were ended.
    init(_ failure: RevocationFailure) {
        self = .unavailable(retryAfterMilliseconds: 1000, cause: failure.cause)
    }

    /// What a peer is told of events that cannot be read.
    init(_ error: EventReadError) {
        switch error {
        case .positionLost(let lost): self = .positionLost(oldest: lost.oldest?.description)
        case .unreadable(let cause): self = .unavailable(retryAfterMilliseconds: 1000, cause: cause)
        }
    }
}

extension Params {
    /// Whether a member of this name was given, whatever it holds.
    func names(_ name: StaticString) -> Bool {
        guard case .members(let members) = self else { return false }
        return members.contains { $0.name == name }
    }
}
