import SessionModel
import SessiondClient

/// An event as a document of the Elastic Common Schema.
///
/// Source of the fields and their allowed values: https://www.elastic.co/guide/en/ecs/8.17/ecs-field-reference.html
enum ECSDocument {
    private static let version = "8.17.0"

    static func json(of event: SessiondEvent) -> [UInt8] {
        let details = event.details
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("@timestamp", event.timeText)
        json.member("message", Words.message(event))
        json.object("ecs") { $0.member("version", version) }
        json.object("event") { write(event, to: &$0) }
        if let user = details.userID {
            json.object("user") { $0.member("id", user) }
            json.object("related") { $0.strings("user", [user]) }
        }
        // What ECS has no field for stands under the name of the product.
        json.object("sessiond") { json in
            json.optional("source", event.source)
            json.optional("session", event.subject)
            json.optional("expires_at", details.expiresAt.map(Words.time))
            json.remaining(details)
        }
        json.endObject()
        return json.bytes
    }

    private static func write(_ event: SessiondEvent, to json: inout JSONWriter) {
        let category = category(of: event)
        json.member("kind", event.type == .link ? "state" : "event")
        if !category.isEmpty {
            json.strings("category", category)
            json.strings("type", [type(of: event)])
        }
        json.member("action", event.shortType)
        json.optional("outcome", outcome(of: event))
        json.optional("reason", event.details.cause ?? event.details.reason ?? event.details.state)
        json.member("id", event.id)
        json.member("code", event.type.rawValue)
        json.member("provider", "sessiond")
        json.member("module", "sessiond")
        json.member("dataset", "sessiond.audit")
    }

    private static func category(of event: SessiondEvent) -> [String] {
        switch event.type {
        case .login, .logout: ["authentication", "session"]
        case .userOnline, .userOffline, .renewed, .changed, .rejected: ["session"]
        default: []
        }
    }

    private static func type(of event: SessiondEvent) -> String {
        switch event.type {
        case .login: "start"
        case .logout: "end"
        default: "info"
        }
    }

    private static func outcome(of event: SessiondEvent) -> String? {
        switch event.type {
        case .login, .logout: "success"
        case .rejected: "failure"
        default: nil
        }
    }
}
