import Foundation
package import SessionModel

/// Walks events in their order and names the first place at which they cannot be what was written.
///
/// Each event must carry the hash of the one before, ids must rise, and per session logins and logouts must alternate, each
/// logout naming its login.
package struct JournalAudit {
    /// How many events were walked, and how many of them were erased.
    package private(set) var eventCount = 0
    package private(set) var erasedCount = 0
    package private(set) var first: EventID?
    package private(set) var last: EventID?
    /// What the first event carries.
    package private(set) var anchor: String?
    /// The hash that the next event has to carry.
    package private(set) var head: String?
    /// The logins that are open, and whose session each is; unknown where the login was erased.
    private(set) var open: [EventID: Fingerprint?] = [:]
    private var openBySession: [Fingerprint: EventID] = [:]
    /// What was erased, by the event that has to tell of it.
    private var erased: [EventID: Erased] = [:]
    private var told: [EventID: (count: Int, digest: String?)] = [:]
    /// What lies up to here was removed, and is not known.
    private let start: EventID?

    /// - Parameters:
    ///   - anchor: what the first event must carry; nil where anything will do, since what came before is not at hand.
    ///   - start: what lies up to here is not at hand; nil where all is.
    package init(anchor: String?, after start: EventID?) {
        head = anchor
        self.start = start
    }

    /// A place at which the journal is not what was written.
    package struct Fault: Error, Equatable {
        /// The event; nil where it is no single one.
        package var id: EventID?
        package var problem: String
    }

    /// What is left of the events that one forgetting erased.
    private struct Erased {
        var first: EventID
        /// Whether the first one says that none was erased before it.
        var isWhole: Bool
        var count = 0
        /// The hash of the last one.
        var digest: String
    }

    /// The members of an event that are looked at.
    struct Event: Decodable {
        var id: String
        var source: String
        var type: String
        var time: String
        var subject: String?
        var data: Details
        var previoushash: String?

        struct Details: Decodable {
            var userID: String?
            var loginID: String?
            var type: String?
            var forgottenID: String?
            var events: Int?
            var digest: String?

            enum CodingKeys: String, CodingKey {
                case userID = "user_id"
                case loginID = "login_id"
                case forgottenID = "forgotten_id"
                case type, events, digest
            }
        }
    }

    /// Takes the next event.
    ///
    /// - Returns: its members.
    @discardableResult
    mutating func take(_ body: String) throws(Fault) -> Event {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(body.utf8)), let id = EventID(event.id)
        else {
            throw Fault(id: last, problem: "what follows this event is no event")
        }
        if let last, id <= last { throw Fault(id: id, problem: "its id is not later than the one before, \(last)") }
        if let head, event.previoushash != head {
            throw Fault(
                id: id,
                problem:
                    "it does not carry the hash of the event before: one of the two was changed, or some are missing")
        }
        if first == nil { (first, anchor) = (id, event.previoushash) }
        let erased = ErasedEvent(body)
        head = erased?.hash ?? HashChain.hash(body)
        last = id
        eventCount += 1
        if event.type == EventType.erased.rawValue {
            guard let erased else {
                throw Fault(id: id, problem: "it says that it was erased, and is not what is left of such an event")
            }
            try follow(erased, body, event, id)
        } else {
            try follow(event, id)
        }
        return event
    }

    /// Everything was taken.
    package func end() throws(Fault) {
        for (id, erased) in erased.sorted(by: { $0.key < $1.key }) {
            guard let told = told[id] else {
                throw Fault(id: erased.first, problem: "it was erased, and no event tells of that")
            }
            // Some of those that it tells of may have been removed since, as they were the oldest.
            let isComplete = erased.isWhole ? erased.count == told.count : start != nil && erased.count < told.count
            guard isComplete, erased.digest == told.digest else {
                throw Fault(id: id, problem: "other events were erased than it tells of")
            }
        }
        guard start == nil else { return }
        for (id, told) in told.sorted(by: { $0.key < $1.key }) where told.count > 0 && erased[id] == nil {
            throw Fault(id: id, problem: "it tells of events that were erased, and there are none")
        }
    }

    private mutating func follow(_ event: Event, _ id: EventID) throws(Fault) {
        switch EventType(rawValue: event.type) {
        case .login: try opened(id, event.subject.flatMap { Fingerprint($0) })
        case .logout: try closed(event.data.loginID, by: id, event.subject.flatMap { Fingerprint($0) })
        case .forgotten: told[id] = (event.data.events ?? 0, event.data.digest)
        default: break
        }
    }

    private mutating func follow(
        _ remains: ErasedEvent, _ body: String, _ event: Event, _ id: EventID
    ) throws(Fault) {
        erasedCount += 1
        guard let forgotten = event.data.forgottenID.flatMap({ EventID($0) }), told[forgotten] == nil else {
            throw Fault(id: id, problem: "it was erased, and does not say by which later event")
        }
        let known = erased[forgotten]
        if let known, known.digest != remains.previousErasedHash {
            throw Fault(id: id, problem: "it does not carry the hash of the event that was erased before it")
        }
        var erased =
            known
            ?? Erased(
                first: id, isWhole: remains.previousErasedHash == HashChain.hash(forgotten.description), digest: "")
        erased.count += 1
        erased.digest = HashChain.hash(body)
        self.erased[forgotten] = erased
        switch event.data.type.flatMap({ EventType(rawValue: $0) }) {
        case .login: open[id] = .some(nil)
        case .logout: try closed(event.data.loginID, by: id, nil)
        case .userOnline, .userOffline, .rejected: break
        default: throw Fault(id: id, problem: "it was erased, and events of its type never are")
        }
    }

    private mutating func opened(_ id: EventID, _ session: Fingerprint?) throws(Fault) {
        guard let session else { throw Fault(id: id, problem: "a login names no session") }
        if let earlier = openBySession.updateValue(id, forKey: session) {
            throw Fault(id: id, problem: "its session was logged in already, by \(earlier)")
        }
        open[id] = session
    }

    private mutating func closed(_ name: String?, by id: EventID, _ session: Fingerprint?) throws(Fault) {
        guard let login = name.flatMap({ EventID($0) }) else { throw Fault(id: id, problem: "a logout names no login") }
        guard let opener = open.removeValue(forKey: login) else {
            if let start, login <= start { return }
            throw Fault(id: id, problem: "the login that it names, \(login), is not open")
        }
        guard let opener else { return }
        openBySession[opener] = nil
        if let session, session != opener {
            throw Fault(id: id, problem: "the login that it names, \(login), is another session's")
        }
    }
}

extension JournalAudit.Fault: CustomStringConvertible {
    package var description: String { id.map { "\($0): \(problem)" } ?? problem }
}
