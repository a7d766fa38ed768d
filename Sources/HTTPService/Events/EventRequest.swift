import SessionModel

/// What a request for a stream of events wants.
struct EventRequest {
    var filter: EventFilter
    /// Nil for events from now on.
    var start: EventStart?

    /// - Parameter lastEventID: of the header `Last-Event-ID`, which beats `after`: a browser that connects again sends the newer one.
    init(_ target: RequestTarget, lastEventID: String?) throws(RequestTarget.QueryError) {
        let parameters = try target.parameters(["after", "types", "user_id", "session"])
        filter = try parameters.eventFilter()
        if let lastEventID, !lastEventID.isEmpty {
            start = try EventStart(parameter: lastEventID)
        } else {
            start = try parameters.eventStart()
        }
    }
}
