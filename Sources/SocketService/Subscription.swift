import SessionModel

/// One subscription of a connection: what it wants and how far it has come.
///
/// Events are pulled from the log when the peer can take them, so a peer that reads slowly costs no memory.
struct Subscription {
    let number: Int
    /// Without it the subscription ends.
    let right: Rights
    var filter: EventFilter
    /// Everything up to here has been sent or does not match.
    var position: EventID
    /// Events are read from the oldest on until there is a position.
    var startsAtOldest: Bool
    /// Older events that are being read for it, or were.
    var reading = Reading.none
    /// The batch whose answer has to be written first.
    var awaitedBatch: BatchInProgress?

    enum Reading {
        case none, underWay
        /// The log could not be read; that is tried again when it says that something has changed.
        case failed
        case done(Result<(EventBatch, EventFilter), EventReadError>)
    }

    /// Whether its next events are those behind its position in memory, before `newest`.
    func isReadFromMemory(until newest: EventID) -> Bool {
        guard case .none = reading else { return false }
        return awaitedBatch == nil && !startsAtOldest && position < newest && !filter.isYetToFollow
    }

    /// Where the next read begins.
    var start: EventStart { startsAtOldest ? .oldest : .after(position) }
}
