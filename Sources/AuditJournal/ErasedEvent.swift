import Foundation
import SessionModel

/// What is left of an event whose user was forgotten: its id, type and time, which login it ended, and the hash of what
/// stood there, which the next event carries.
///
/// Those that one forgetting erases are a chain of their own, at whose end the event that tells of it stands: none can be
/// added, changed or left out afterwards.
struct ErasedEvent {
    private let id: String
    private let source: String
    private let time: String
    private let previousHash: String
    /// The type that it had.
    private let type: String
    private let loginID: String?
    private let forgottenID: String
    /// The hash of the event that was erased before it, by the same forgetting.
    let previousErasedHash: String
    /// The hash of what stood there.
    let hash: String

    /// What takes an event's place.
    ///
    /// - Parameters:
    ///   - text: the event as it is stored.
    ///   - forgotten: the event that tells of the erasing.
    ///   - previous: see ``previousErasedHash``.
    init(of text: String, forgottenBy forgotten: EventID, behind previous: String) throws {
        let original = try JSONDecoder().decode(StoredEvent.self, from: Data(text.utf8))
        (id, source, time, previousHash) = (original.id, original.source, original.time, original.previousHash)
        (type, loginID, forgottenID) = (original.type, original.data.loginID, forgotten.description)
        (previousErasedHash, hash) = (previous, HashChain.hash(Array(text.utf8)))
    }

    /// Reads an erased event; nil for every other text, also for one that differs from an erased event in a single byte.
    init?(_ text: String) {
        // Whoever walks a journal asks this of every event.
        guard text.contains(Self.marker),
            let event = try? JSONDecoder().decode(StoredEvent.self, from: Data(text.utf8)),
            let type = event.data.type, let forgottenID = event.data.forgottenID,
            let previous = event.previousErasedHash, let hash = event.erasedHash
        else { return nil }
        (id, source, time, previousHash) = (event.id, event.source, event.time, event.previousHash)
        (self.type, loginID, self.forgottenID) = (type, event.data.loginID, forgottenID)
        (previousErasedHash, self.hash) = (previous, hash)
        guard body == text else { return nil }
    }

    private static let marker = "\"erasedhash\":\""

    /// The event as it is stored.
    var body: String {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", id)
        json.member("source", source)
        json.member("type", EventType.erased.rawValue)
        json.member("time", time)
        json.member("datacontenttype", "application/json")
        json.key("data")
        json.beginObject()
        json.member("type", type)
        if let loginID { json.member("login_id", loginID) }
        json.member("forgotten_id", forgottenID)
        json.endObject()
        json.member("previoushash", previousHash)
        json.member("previouserasedhash", previousErasedHash)
        json.member("erasedhash", hash)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// The members of an event, erased or not, that its remains need.
private struct StoredEvent: Decodable {
    var id: String
    var source: String
    var type: String
    var time: String
    var data: Details
    var previousHash: String
    var previousErasedHash: String?
    var erasedHash: String?

    enum CodingKeys: String, CodingKey {
        case id, source, type, time, data
        case previousHash = "previoushash"
        case previousErasedHash = "previouserasedhash"
        case erasedHash = "erasedhash"
    }

    struct Details: Decodable {
        var type: String?
        var loginID: String?
        var forgottenID: String?

        enum CodingKeys: String, CodingKey {
            case type
            case loginID = "login_id"
            case forgottenID = "forgotten_id"
        }
    }
}
