package import SessionModel

/// Something that was looked at, and what came of it. Never holds a session key, a secret or a password.
package struct Finding: Sendable, Equatable {
    package let id: FindingID
    package let level: Level
    /// What was seen.
    package let what: String
    /// Why it matters; nil where nothing is to be done about it.
    package let why: String?
    /// What mends it, a line each: commands to paste, and sentences.
    package let mend: [String]

    package init(_ level: Level, _ id: FindingID, _ what: String, why: String? = nil, mend: [String] = []) {
        self.id = id
        self.level = level
        self.what = what
        self.why = why
        self.mend = mend
    }

    /// What was looked at, in a word.
    package var subject: String { id.subject }

    package enum Level: String, CaseIterable, Sendable, Comparable {
        /// As it should be.
        case ok
        /// Good to know, or could not be looked at; sessiond works.
        case note
        /// sessiond works, but not as well as it could, or not for long.
        case warning
        /// sessiond does not work, or answers wrongly.
        case error

        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }
}

extension Finding {
    /// Appends the finding as an object.
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id.rawValue)
        json.member("level", level.rawValue)
        json.member("subject", subject)
        json.member("what", what)
        json.key("why")
        if let why { json.string(why) } else { json.null() }
        json.key("mend")
        json.beginArray()
        for line in mend { json.string(line) }
        json.endArray()
        json.endObject()
    }
}
