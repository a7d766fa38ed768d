import JSONRPC

/// A page of the journal's history.
public struct EventPage: Hashable, Sendable {
    /// The events, oldest first.
    public let events: [SessiondEvent]
    /// What to give as `after` for the next page; nil where nothing follows.
    public let next: String?

    private struct Members: Decodable {
        let next: String?
    }

    /// The page of a result of `events.query`.
    init(result: ArraySlice<UInt8>) throws(SessiondClientError) {
        let what = "a result of events.query"
        next = try Wire.decode(Members.self, from: result, what).next
        guard let text = try Wire.members(of: result, what)["events"] else {
            throw .unintelligible(what: what)
        }
        var events: [SessiondEvent] = []
        for event in try Self.elements(of: text, what) {
            events.append(try SessiondEvent(json: event))
        }
        self.events = events
    }

    /// The texts of an array's elements: events are kept as they came.
    private static func elements(
        of text: ArraySlice<UInt8>,
        _ what: String
    ) throws(SessiondClientError) -> [ArraySlice<UInt8>] {
        var elements: [ArraySlice<UInt8>] = []
        do throws(JSONError) {
            var scanner = try JSONScanner(text, depthMax: Wire.depthMax)
            try scanner.array(depth: 0) { scanner throws(JSONError) in
                elements.append(try scanner.skipValue(depth: 1))
            }
        } catch {
            throw .unintelligible(what: what)
        }
        return elements
    }
}
