import Foundation
import SessionModel

/// What is left of an event whose user was forgotten: its id, type and time, which login it ended, and the hash of what
/// stood there, which the next event carries.
enum ErasedEvent {
    private struct Original: Decodable {
        var id: String
        var source: String
        var type: String
        var time: String
        var data: Ended
        var previoushash: String

        struct Ended: Decodable {
            var loginID: String?

            enum CodingKeys: String, CodingKey {
                case loginID = "login_id"
            }
        }
    }

    /// What takes an event's place.
    ///
    /// - Parameter forgotten: the event that tells of the erasing.
    static func body(of text: String, forgottenBy forgotten: EventID) throws -> String {
        let original = try JSONDecoder().decode(Original.self, from: Data(text.utf8))
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", original.id)
        json.member("source", original.source)
        json.member("type", EventType.erased.rawValue)
        json.member("time", original.time)
        json.member("datacontenttype", "application/json")
        json.key("data")
        json.beginObject()
        json.member("type", original.type)
        if let login = original.data.loginID { json.member("login_id", login) }
        json.member("forgotten_id", forgotten.description)
        json.endObject()
        json.member("previoushash", original.previoushash)
        json.member("erasedhash", HashChain.hash(Array(text.utf8)))
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Within a JSON string the quotes would be escaped.
    private static let marker = "\"erasedhash\":\""

    /// The hash of what stood there, 64 hexadecimal digits; nil for an event that was not erased.
    static func hash(in body: String) -> String? {
        body.withCString { start in
            guard let found = strstr(start, marker) else { return nil }
            return String(String(cString: found).dropFirst(marker.utf8.count).prefix(64))
        }
    }
}
