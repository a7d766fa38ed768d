import SessionModel

extension RequestTarget {
    /// Which of the live sessions are wanted.
    func sessionListQuery(_ limits: HTTPLimits) throws(QueryError) -> SessionListQuery {
        let parameters = try parameters(["user_id", "limit", "after"])
        return SessionListQuery(
            userID: parameters.userID, limit: try parameters.limit(limits), after: try parameters.listPlace(),
            byUID: HTTPBackend.uid)
    }
}

/// What a request for a page of past events wants.
struct HistoryRequest {
    var filter: EventFilter
    var start: EventStart
    var limit: Int

    init(_ target: RequestTarget, _ limits: HTTPLimits) throws(RequestTarget.QueryError) {
        let parameters = try target.parameters(["after", "since", "until", "types", "user_id", "session", "limit"])
        filter = try parameters.eventFilter()
        start = try parameters.eventStart() ?? .oldest
        limit = try parameters.limit(limits)
    }
}
