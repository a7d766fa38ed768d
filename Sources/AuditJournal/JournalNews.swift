package import SessionModel

/// What a journal tells the machine that makes the events.
package enum JournalNews: Sendable {
    /// It takes events as soon as ``DiskJournal/open()`` is called; until then they go nowhere.
    case opened(JournalOpening)
    /// It cannot be written since this time (milliseconds since 1970). Events are still taken.
    case interrupted(since: Int64)
    /// It can be written again, and nothing was lost.
    case resumed(since: Int64)
}
