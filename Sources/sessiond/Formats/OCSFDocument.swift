import Daemon
import Foundation
import SessionModel
import SessiondClient

/// An event in the Open Cybersecurity Schema Framework: what names a user is an Authentication (class 3002), all else a
/// Base Event (class 0).
///
/// Source of the classes, their required attributes and enumerations: https://schema.ocsf.io/1.3.0/classes/authentication and
/// https://schema.ocsf.io/1.3.0/classes/base_event
enum OCSFDocument {
    private static let version = "1.3.0"
    private static let authentication = 3002

    static func json(of event: SessiondEvent) -> [UInt8] {
        let details = event.details
        let classID = details.userID == nil ? 0 : authentication
        let activity = activity(of: event)
        var json = JSONWriter(capacity: 768)
        json.beginObject()
        json.member("category_uid", classID / 1000)
        json.member("class_uid", classID)
        json.member("activity_id", activity.id)
        json.member("activity_name", activity.name)
        json.member("type_uid", classID * 100 + activity.id)
        json.member("severity_id", severity(of: event))
        json.member("time", Int64((event.time.timeIntervalSince1970 * 1000).rounded()))
        json.member("message", Words.message(event))
        if let status = status(of: event) { json.member("status_id", status) }
        json.optional("status_detail", details.cause ?? details.reason ?? details.state)
        json.object("metadata") { json in
            json.member("version", version)
            json.member("uid", event.id)
            json.member("event_code", event.type.rawValue)
            json.object("product") { json in
                json.member("name", "sessiond")
                json.member("vendor_name", "sessiond")
                json.member("version", SessionDaemon.version)
            }
        }
        if let user = details.userID {
            json.object("user") { $0.member("uid", user) }
            json.object("service") { $0.member("name", "Django") }
            if let session = event.subject {
                json.object("session") { json in
                    json.member("uid", session)
                    if let expiresAt = details.expiresAt {
                        json.member("expiration_time", Int64((expiresAt.timeIntervalSince1970 * 1000).rounded()))
                    }
                }
            }
        }
        json.object("unmapped") { json in
            json.optional("source", event.source)
            if details.userID == nil { json.optional("session", event.subject) }
            json.remaining(details)
        }
        json.endObject()
        return json.bytes
    }

    private static func activity(of event: SessiondEvent) -> (id: Int, name: String) {
        switch event.type {
        case .login: (1, "Logon")
        case .logout: (2, "Logoff")
        default: (99, event.shortType)
        }
    }

    /// 1: informational; 3: medium, for what somebody should look at.
    private static func severity(of event: SessiondEvent) -> Int {
        switch event.type {
        case .rejected: 3
        case .link: event.details.gapSeconds == nil ? 3 : 1
        default: 1
        }
    }

    /// 1: success, 2: failure.
    private static func status(of event: SessiondEvent) -> Int? {
        switch event.type {
        case .login, .logout: 1
        case .rejected: 2
        default: nil
        }
    }
}
