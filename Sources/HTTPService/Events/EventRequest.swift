import SessionModel

/// What a request for a stream of events wants.
struct EventRequest {
    var filter: EventFilter
    /// Nil for events from now on.
    var start: EventStart?

    /// - Parameter lastEventID: of the header `Last-Event-ID`, which beats `after`: a browser that connects again sends the newer one.
    init(_ target: RequestTarget, lastEventID: String?) throws(RequestTarget.QueryError) {
        let parameters = try target.parameters(["after", "types", "user_id", "session"])
        var types: Set<EventType>?
        if let names = parameters["types"] {
            types = []
            for name in names.split(separator: ",") {
                guard let type = EventType(rawValue: String(name)) else {
                    throw RequestTarget.QueryError(problem: "types names what is no type of events")
                }
                types?.insert(type)
            }
        }
        var session: Fingerprint?
        if let text = parameters["session"] {
            guard let fingerprint = Fingerprint(text) else {
                throw RequestTarget.QueryError(problem: "session is no fingerprint")
            }
            session = fingerprint
        }
        filter = EventFilter(types: types, userID: parameters["user_id"].map { UserID($0) }, session: session)
        if let lastEventID, !lastEventID.isEmpty {
            start = try Self.start(lastEventID)
        } else {
            start = try parameters["after"].map(Self.start)
        }
    }

    private static func start(_ text: String) throws(RequestTarget.QueryError) -> EventStart {
        if text.isEmpty { return .oldest }
        guard let id = EventID(text) else {
            throw RequestTarget.QueryError(problem: "the position to go on from is no id of an event")
        }
        return .after(id)
    }
}
