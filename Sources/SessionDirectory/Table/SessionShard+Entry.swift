import SessionModel

/// Entries out of records.
extension SessionShard {
    /// The entry of a record, but for what only the roll tells: how it is stored, and the login's event.
    ///
    /// - Parameters:
    ///   - epoch: the latest one.
    ///   - clockOffset: how far the wall clock is ahead of the monotonic one.
    borrowing func entry(at place: UInt32, epoch: LinkEpoch, clockOffset: Int64) -> SessionEntry {
        if var outsized = outsized(at: place) {
            outsized.entry.data = data(at: place)
            return outsized.entry
        }
        let record = hot[Int(place)]
        let upkeep = upkeep[Int(place)]
        let deadline = record.deadline
        return SessionEntry(
            session: record.session, standing: standing(record, upkeep), epoch: record.epoch.epoch(before: epoch),
            isTouched: record.isTouched, deadline: deadline,
            expiresAt: deadline == .max ? nil : deadline + clockOffset,
            changedAt: record.standing == .authenticated ? 0 : record.changedAt, firstSeenAt: upkeep.firstSeenAt,
            data: data(at: place), valueDigest: upkeep.valueDigest, isOwed: upkeep.isOwed,
            comparison: upkeep.comparison)
    }

    private func standing(_ record: PackedSession, _ upkeep: SessionUpkeep) -> Standing {
        switch record.standing {
        case .authenticated:
            .authenticated(
                Login(
                    userID: record.userID.userID, backend: backends[Int(record.backend)].name,
                    password: upkeep.password, contentDigest: upkeep.contentDigest,
                    isSuperseded: record.isSuperseded))
        case .anonymous: .anonymous(isEmpty: upkeep.isEmpty)
        case .invalid: .rejected(.invalid)
        case .unreadable: .rejected(.unreadable)
        }
    }

    /// Whose session a record is; nil where it is nobody's.
    borrowing func userID(at place: UInt32) -> UserID? {
        let record = hot[Int(place)]
        guard !record.isVacant, record.standing == .authenticated else { return nil }
        if record.isOutsized { return outsized(at: place)?.entry.standing.login?.userID }
        return record.userID.userID
    }
}
