import SessionModel

/// The parameters of a request, decoded, and what they can mean.
struct QueryParameters: Equatable {
    private let values: [String: String]

    init(_ values: [String: String]) {
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }

    /// The user whose things are wanted; nil for everybody's.
    var userID: UserID? { values["user_id"].map { UserID($0) } }

    /// The filter that `types`, `user_id`, `session`, `since` and `until` make.
    func eventFilter() throws(RequestTarget.QueryError) -> EventFilter {
        var types: Set<EventType>?
        if let names = values["types"] {
            types = []
            for name in names.split(separator: ",") {
                guard let type = EventType(rawValue: String(name)) else {
                    throw RequestTarget.QueryError(problem: "types names what is no type of events")
                }
                types?.insert(type)
            }
        }
        var session: Fingerprint?
        if let text = values["session"] {
            guard let fingerprint = Fingerprint(text) else {
                throw RequestTarget.QueryError(problem: "session is no fingerprint")
            }
            session = fingerprint
        }
        var filter = EventFilter(types: types, userID: userID, session: session)
        filter.since = try time("since")
        filter.until = try time("until")
        return filter
    }

    /// Where events begin; nil where `after` is not given.
    func eventStart() throws(RequestTarget.QueryError) -> EventStart? {
        guard let text = values["after"] else { return nil }
        return try EventStart(parameter: text)
    }

    /// A page's length.
    func limit(_ limits: HTTPLimits) throws(RequestTarget.QueryError) -> Int {
        guard let text = values["limit"] else { return limits.pageCountDefault }
        guard let limit = Int(text), (1...limits.pageCountMax).contains(limit) else {
            throw RequestTarget.QueryError(problem: "limit is a number from 1 to \(limits.pageCountMax)")
        }
        return limit
    }

    /// The place behind which a list goes on: an earlier `next`.
    func listPlace() throws(RequestTarget.QueryError) -> UInt64? {
        guard let text = values["after"] else { return nil }
        guard let place = UInt64(text) else {
            throw RequestTarget.QueryError(problem: "after is the next of an earlier page")
        }
        return place
    }

    /// A time in RFC 3339, as milliseconds since 1970.
    private func time(_ name: String) throws(RequestTarget.QueryError) -> Int64? {
        guard let text = values[name] else { return nil }
        guard let wall = Timestamp.parse(text) else {
            throw RequestTarget.QueryError(problem: "\(name) is no time in RFC 3339")
        }
        return wall
    }
}

extension EventStart {
    /// The position that a parameter names: nothing for the oldest event that is held.
    init(parameter text: String) throws(RequestTarget.QueryError) {
        if text.isEmpty {
            self = .oldest
        } else if let id = EventID(text) {
            self = .after(id)
        } else {
            throw RequestTarget.QueryError(problem: "the position to go on from is no id of an event")
        }
    }
}
