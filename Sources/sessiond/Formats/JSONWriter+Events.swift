import SessionModel
import SessiondClient

extension SessiondEvent {
    /// The type without `dev.sessiond.`.
    var shortType: String {
        type.rawValue.replacing("dev.sessiond.", with: "", maxReplacements: 1)
    }
}

extension JSONWriter {
    /// A member that is an object.
    mutating func object(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        key(name)
        beginObject()
        write(&self)
        endObject()
    }

    /// A member that is an array of strings.
    mutating func strings(_ name: StaticString, _ values: [String]) {
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    /// The details that neither schema has a field for, as members.
    mutating func remaining(_ details: SessiondEvent.Details) {
        optional("previous_session", details.previousSession)
        optional("login_id", details.loginID)
        optional("backend", details.backend)
        if let keys = details.keys { strings("keys", keys) }
        if let gap = details.gapSeconds {
            key("gap_seconds")
            double(gap)
        }
        if let count = details.events { member("events", count) }
        optional("digest", details.digest)
        if let uid = details.byUID { member("by_uid", uid) }
        optional("type", details.type)
        optional("forgotten_id", details.forgottenID)
    }

    /// A member that is a string, where there is one.
    mutating func optional(_ name: StaticString, _ value: String?) {
        if let value { member(name, value) }
    }
}
