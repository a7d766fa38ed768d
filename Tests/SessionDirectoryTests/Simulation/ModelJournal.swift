import SessionModel

/// A journal as far as the machine needs one: a queue, and a disk that holds what of it was written.
///
/// ```
///   events ──▶ waiting ──written──▶ events on the disk, and the logins that they leave open
///      └─(it took no more)─▶ nowhere, until it is opened again
/// ```
struct ModelJournal {
    private(set) var run: UInt64 = 1
    /// Not written yet; a crash loses it. What was appended together is written together.
    private(set) var waiting: [[SessionEvent]] = []
    /// Whether events are taken.
    private(set) var isOpen = true
    private var openLogins: [Fingerprint: OpenLogin] = [:]
    private var lastLink: LinkCondition?
    private var writtenAt: Int64 = 0

    mutating func append(_ events: [SessionEvent]) {
        if isOpen, !events.isEmpty { waiting.append(events) }
    }

    /// Writes what waits, at most `count` appends.
    ///
    /// - Returns: what has come to the disk.
    mutating func write(_ count: Int, at now: Moment) -> [SessionEvent] {
        let written = Array(waiting.prefix(count).joined())
        waiting.removeFirst(min(count, waiting.count))
        for event in written { take(event) }
        writtenAt = now.wall
        return written
    }

    private mutating func take(_ event: SessionEvent) {
        switch event.kind {
        case .login(let userID, let backend, let expiresAt, _):
            guard let subject = event.subject else { return }
            openLogins[subject] = OpenLogin(
                id: event.id, userID: userID, backend: backend, beganAt: event.time, expiresAt: expiresAt)
        case .logout: event.subject.map { openLogins[$0] = nil }
        case .renewed(_, let expiresAt): event.subject.map { openLogins[$0]?.expiresAt = expiresAt }
        case .link(let condition, _): lastLink = condition
        case .userOnline, .userOffline, .changed, .rejected, .forgotten: break
        }
    }

    /// Too much waits: what comes goes nowhere.
    mutating func refuse() {
        isOpen = false
    }

    /// The daemon dies: what waits is lost, and a later one begins another run.
    mutating func crash() {
        waiting = []
        isOpen = false
        run += 1
    }

    /// Takes events again.
    mutating func open(_ cause: JournalOpening.Cause) -> JournalOpening {
        isOpen = true
        let told: LinkCondition = cause == .stopped ? .lost : .journalLost
        return JournalOpening(
            run: run, openLogins: openLogins,
            gap: JournalOpening.Gap(cause: cause, since: writtenAt, isTold: lastLink == told)
        )
    }
}
