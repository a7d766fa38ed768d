/// Which sessions are to be ended.
package enum RevocationTarget: Sendable {
    case key(SessionKey)
    case session(Fingerprint)
    /// All of a user's sessions but one, where one is named.
    case user(UserID, except: Fingerprint?)
}

/// Who wants sessions ended, and whether only to know how many there are.
package struct RevocationOrder: Sendable {
    package var target: RevocationTarget
    /// The uid of whoever asked for it; events tell it.
    package var byUID: UInt32
    /// Nothing is ended.
    package var isDryRun: Bool

    package init(_ target: RevocationTarget, byUID: UInt32, isDryRun: Bool = false) {
        self.target = target
        self.byUID = byUID
        self.isDryRun = isDryRun
    }
}

/// Why it is not known whether sessions were ended. Asking again does no harm.
package struct RevocationFailure: Error, Equatable {
    /// Words for a person.
    package var cause: String

    package init(_ cause: String) {
        self.cause = cause
    }
}
