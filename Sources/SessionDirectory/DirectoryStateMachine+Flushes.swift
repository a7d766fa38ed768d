package import SessionModel

/// FLUSHALL and FLUSHDB: CLIENT TRACKING tells of them, but not of which database.
///
/// So one session that memory holds is read again. If it is still there as it was, and was not written again, another database was
/// flushed; if it is gone, so may be all. Until that is known, memory answers nothing.
extension DirectoryStateMachine {
    /// CLIENT TRACKING told of a flush, or may have failed to tell of one.
    package mutating func everythingInvalidated(at now: Moment, _ effects: inout DirectoryEffects) {
        guard isSubscribed else { return }
        table.prove(until: .min)
        suspectFlush(at: now, &effects)
    }

    mutating func suspectFlush(at now: Moment, _ effects: inout DirectoryEffects) {
        // Nobody is logged in who could be answered wrongly, or nothing was read that could be wrong.
        guard table.liveCount > 0, readCount > 0 else {
            fetches.doubtSent()
            return flushSuspicion.end()
        }
        guard let key = flushWitness(at: now) else { return flushed(at: now, &effects) }
        guard fetches.request(key, .flushCheck) else { return flushed(at: now, &effects) }
        flushSuspicion.begin(with: key)
    }

    private mutating func flushed(at now: Moment, _ effects: inout DirectoryEffects) {
        // While it catches up, what is gone most likely went before.
        openEpoch(at: now, unannounced: isCaughtUp ? .flushed : unannouncedReason)
        effects.wantsScan = true
    }

    /// A session that nothing but a flush should take away in the next seconds, and about which no question is under way, since the
    /// reply to one that was sent before the flush would tell nothing.
    private mutating func flushWitness(at now: Moment) -> SessionKey? {
        for _ in 0..<FlushSuspicion.attemptsMax {
            guard let key = nextToCompare(), flushSuspicion.mayVouch(key), let entry = table.entry(of: key),
                fetches.isIdle(key)
            else { continue }
            if entry.epoch == epoch, !entry.isTouched, entry.deadline > now.uptime + FlushSuspicion.marginMilliseconds {
                return key
            }
        }
        return nil
    }

    /// A reading has come; if it is of the session that is to tell, it says whether there was a flush.
    mutating func judgeFlush(
        by key: SessionKey, _ reading: SessionEntry?, after old: SessionEntry?,
        _ completion: FetchStateMachine.Completion, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        guard flushSuspicion.isReading(key) else { return }
        guard let old, completion.credence == .proven else { return suspectFlush(at: now, &effects) }
        guard let reading else { return flushed(at: now, &effects) }
        if reading.valueDigest == old.valueDigest {
            flushSuspicion.found(key, at: now.uptime)
        } else {
            flushSuspicion.noteWritten(key)
            suspectFlush(at: now, &effects)
        }
    }
}
