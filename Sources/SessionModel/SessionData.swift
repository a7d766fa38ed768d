/// What a peer may see of a decoded session.
package struct VisibleData: Sendable, Equatable {
    /// One JSON object in UTF-8.
    package var json: [UInt8]
    /// How many top-level members were left out.
    package var omittedCount: Int

    package init(json: [UInt8], omittedCount: Int) {
        self.json = json
        self.omittedCount = omittedCount
    }
}

/// Which members of the session data a peer may see.
package struct DataView: Sendable, Equatable {
    /// Names of top-level members that are left out.
    package var hidden: Set<String>

    package init(hidden: Set<String>) {
        self.hidden = hidden
    }

    /// Leaves out what is a credential or was meant for one pair of eyes: the password hash, Django's CSRF token and
    /// the messages that wait for the user.
    package static let standard = DataView(hidden: ["_auth_user_hash", "_csrftoken", "_messages"])
}
