import DequeModule
import SessionModel

/// Where the journal and the table do not agree yet.
///
/// ```
///   the journal holds a login,         the table holds a login,
///   and no session was seen            and the journal none
///     inherited ──seen──▶ (agreed) ◀──written── owed
///         │
///     caught up, and still not seen
///         ▼
///     departing ──written──▶ a logout
/// ```
/// Both sides are written in portions, so that a first start on a million sessions stalls nobody.
struct JournalAccount {
    /// Logins that the journal holds open and that no session was found for yet.
    var inherited: [Fingerprint: OpenLogin] = [:]
    /// Inherited sessions whose value was found to be bad while it was unclear whether the secret key is right.
    var rejected: [Fingerprint: RejectionReason] = [:]
    /// Sessions whose login the journal does not hold, with some that were settled since.
    private var owed: Deque<SessionPlace> = []
    /// How many of them are unsettled.
    private(set) var owedCount = 0
    /// Inherited logins whose sessions are gone, with some that were found since.
    private var departing: Deque<Fingerprint> = []

    /// How many events are still to be written, about.
    var backlog: Int { owedCount + departing.count }

    mutating func owe(_ place: SessionPlace) {
        owed.append(place)
        owedCount += 1
    }

    mutating func paid() {
        owedCount -= 1
        if owedCount == 0 { owed = [] }
    }

    mutating func nextOwed() -> SessionPlace? { owed.popFirst() }

    /// What was inherited and not found until now is gone.
    mutating func depart() {
        departing = Deque(inherited.keys)
        // A million entries leave their room behind.
        if inherited.isEmpty { inherited = [:] }
    }

    mutating func nextDeparting() -> (session: Fingerprint, login: OpenLogin)? {
        while let session = departing.popFirst() {
            if let login = inherited.removeValue(forKey: session) { return (session, login) }
        }
        inherited = [:]
        return nil
    }
}
