package import SessionModel

/// What a machine leaves to be done; the driver empties it after every call and uses it again.
package struct DirectoryEffects {
    /// To be journaled, in this order.
    package var events: [SessionEvent] = []
    /// To be given to those who waited.
    package var answers: [(ticket: LookupTicket, answer: SessionAnswer)] = []
    /// To be told to the operator.
    package var milestones: [Milestone] = []
    /// To be deleted in Redis, and at whose wish.
    package var deletions: [(key: SessionKey, byUID: UInt32)] = []
    /// Which sessions an order to end a user's concerns, by the order's number; or why that cannot be known.
    package var revocables: [(number: UInt64, keys: Result<[SessionKey], RevocationFailure>)] = []
    /// All keys are to be scanned once more.
    package var wantsScan = false

    package init() {}

    package var isEmpty: Bool {
        events.isEmpty && answers.isEmpty && milestones.isEmpty && deletions.isEmpty && revocables.isEmpty
            && !wantsScan
    }

    /// Forgets everything, but keeps the room.
    package mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        answers.removeAll(keepingCapacity: true)
        milestones.removeAll(keepingCapacity: true)
        deletions.removeAll(keepingCapacity: true)
        revocables.removeAll(keepingCapacity: true)
        wantsScan = false
    }
}

/// What an operator wants to hear.
package enum Milestone: Sendable, Equatable {
    /// Everything was read and every change is announced. `gapMilliseconds`: nil at the first time. `fault`: why a value
    /// could not be decoded, if one could not.
    case live(SessionCounts, users: Int, gapMilliseconds: Int64?, fault: String? = nil)
    /// Most values fail their signature; the directory does not become live before that changes.
    case distrusted(SessionCounts)
}
