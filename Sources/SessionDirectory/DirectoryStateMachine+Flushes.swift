package import SessionModel

/// FLUSHALL and FLUSHDB: CLIENT TRACKING tells of them, but not of which database.
///
/// So one session that memory holds is read again. If it is still there as it was, another database was flushed; if it is gone,
/// so may be all. Until that is known, memory answers nothing.
extension DirectoryStateMachine {
    /// CLIENT TRACKING told of a flush.
    package mutating func everythingInvalidated(at now: Moment, _ effects: inout DirectoryEffects) {
        guard isSubscribed else { return }
        table.prove(until: .min)
        suspectFlush(at: now, &effects)
    }

    private mutating func suspectFlush(at now: Moment, _ effects: inout DirectoryEffects) {
        guard let key = flushWitness(at: now) else { return flushed(at: now, &effects) }
        flushSuspicion.begin(with: key)
        // The reply to a question that was sent before the flush would prove nothing.
        fetches.request(key, .notified)
    }

    private mutating func flushed(at now: Moment, _ effects: inout DirectoryEffects) {
        openEpoch(at: now, unannounced: .flushed)
        effects.wantsScan = true
    }

    /// A session that nothing but a flush should take away in the next seconds.
    private mutating func flushWitness(at now: Moment) -> SessionKey? {
        for _ in 0..<FlushSuspicion.attemptsMax {
            guard let key = nextToCompare(), let entry = table.entry(of: key) else { continue }
            if entry.epoch == epoch, !entry.isTouched, entry.deadline > now.uptime + FlushSuspicion.marginMilliseconds {
                return key
            }
        }
        return nil
    }

    /// A reading has come; if it is of the session that decides, it tells whether there was a flush.
    mutating func judgeFlush(
        by key: SessionKey, _ reading: SessionEntry?, after old: SessionEntry?,
        _ completion: FetchStateMachine.Completion, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        guard flushSuspicion.suspect == key else { return }
        flushSuspicion.end()
        guard let old, completion.credence == .proven else { return suspectFlush(at: now, &effects) }
        guard let reading else { return flushed(at: now, &effects) }
        // One that was written since may have been written after the flush.
        if reading.valueDigest != old.valueDigest { suspectFlush(at: now, &effects) }
    }
}

/// The session that is read to tell whether there was a flush.
struct FlushSuspicion {
    /// How many sessions are looked at to find one that decides.
    static let attemptsMax = 16
    /// A session that expires sooner decides nothing.
    static let marginMilliseconds: Int64 = 10_000

    private(set) var suspect: SessionKey?

    /// Whether it is still unknown.
    var isOpen: Bool { suspect != nil }

    mutating func begin(with key: SessionKey) {
        suspect = key
    }

    mutating func end() {
        suspect = nil
    }
}
