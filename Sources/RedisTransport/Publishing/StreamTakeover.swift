import Foundation
import SessionModel

/// Which of this journal's events another daemon has published already, from its own journal and so under other ids.
///
/// Both daemons saw the same changes, at nearly the same time. So for each session the last event that the stream holds is
/// looked up among this journal's: the one of the same type and user that is nearest to it in time. What comes behind that
/// one is unpublished. Where the stream holds nothing of a session lately, nothing of it is published, but for what this
/// daemon only found when it caught up, while the other one was publishing.
struct StreamTakeover {
    /// How far apart two daemons tell the same change at most, in milliseconds: their clocks and their links differ.
    static let tolerance: Int64 = 5000
    private var last: [Subject: Event] = [:]
    private let completeUntil: Int64

    /// Whose events alternate.
    private enum Subject: Hashable {
        case session(String)
        case user(String)
        case link
    }

    /// The members of an event that are looked at.
    private struct Event: Decodable {
        var type: String
        var time: String
        var subject: String?
        var data: Details

        struct Details: Decodable {
            var userID: String?
            var cause: String?
            var reason: String?

            enum CodingKeys: String, CodingKey {
                case userID = "user_id"
                case cause, reason
            }
        }

        init?(_ json: [UInt8]) {
            guard let event = try? JSONDecoder().decode(Event.self, from: Data(json)) else { return nil }
            self = event
        }

        var about: Subject { subject.map { .session($0) } ?? data.userID.map { .user($0) } ?? .link }
        var milliseconds: Int64 { Timestamp.parse(time) ?? 0 }
        /// It was found when its daemon caught up, and says nothing of when it happened.
        var isFound: Bool { data.cause == LoginCause.discovered.name || data.reason == LogoutReason.missing.name }

        func isSame(_ other: Event) -> Bool {
            type == other.type && data.userID == other.data.userID
                && abs(milliseconds - other.milliseconds) <= StreamTakeover.tolerance
        }
    }

    /// - Parameter completeUntil: until when the other daemon had published all it had, in milliseconds since 1970.
    init(completeUntil: Int64) {
        self.completeUntil = completeUntil
    }

    /// The time from which on this journal's events may be unpublished; milliseconds since 1970.
    var since: Int64 { completeUntil - Self.tolerance }

    /// The next entry of the stream holds this event.
    mutating func add(_ json: [UInt8]) {
        guard let event = Event(json) else { return }
        last[event.about] = event
    }

    /// Those of this journal's events since ``since`` that the stream does not hold, in their order.
    func unpublished(_ events: [RecordedEvent]) -> [RecordedEvent] {
        let parsed = events.map { Event($0.json) }
        var nearest: [Subject: (index: Int, distance: Int64)] = [:]
        for case (let index, let event?) in zip(parsed.indices, parsed) {
            guard let published = last[event.about], event.isSame(published) else { continue }
            let distance = abs(event.milliseconds - published.milliseconds)
            if distance <= nearest[event.about]?.distance ?? .max { nearest[event.about] = (index, distance) }
        }
        // What alternates is published up to here.
        var types = last.mapValues(\.type)
        return zip(events, parsed).enumerated().compactMap { index, pair in
            guard let event = pair.1, event.about != .link else { return nil }
            if let found = nearest[event.about] {
                guard index > found.index else { return nil }
            } else if let published = last[event.about] {
                guard event.milliseconds > published.milliseconds else { return nil }
            } else if event.isFound {
                guard event.milliseconds > completeUntil else { return nil }
            }
            if types.updateValue(event.type, forKey: event.about) == event.type { return nil }
            return pair.0
        }
    }
}
