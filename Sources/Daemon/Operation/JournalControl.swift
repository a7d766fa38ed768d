import AuditJournal
import SessionModel

/// Starting and ending a journal, whatever its kind.
struct JournalControl: Sendable {
    /// Opens it; its news go to `tell` from then on. Nil where it cannot be opened yet.
    var start: @Sendable (_ tell: @escaping @Sendable (JournalNews) -> Void) async -> JournalOpening?
    /// Has it take events.
    var open: @Sendable () -> Void = {}
    /// Writes what waits.
    var stop: @Sendable () async -> Void = {}
}

extension JournalControl {
    init(_ journal: DiskJournal) {
        self.init(
            start: { await journal.start(tell: $0) }, open: { journal.open() }, stop: { await journal.stop() })
    }
}
