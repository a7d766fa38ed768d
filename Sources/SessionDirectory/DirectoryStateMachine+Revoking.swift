package import SessionModel

/// Ending sessions at somebody's wish.
///
/// ```
///   revocable ──▶ revoking ──DEL──▶ revoked          the session is in no answer any more
///                                      └──the key's removal is announced──▶ logout, `revoked`
///   a request in flight writes it again ──▶ login, `resurrected` ──▶ revoking …
/// ```
extension DirectoryStateMachine {
    /// The keys that are to be deleted; none where there is no such session.
    package func revocable(_ target: RevocationTarget) -> Result<[SessionKey], RevocationFailure> {
        guard isAsking else { return .failure(RevocationFailure(unavailability)) }
        switch target {
        case .key(let key): return .success([key])
        case .session(let session):
            guard isComplete else { return .failure(Self.incomplete) }
            // Seldom asked for: an index would cost every session memory.
            return .success(table.keys { record, _ in record.session == session })
        case .user(let userID, let exception):
            guard isComplete else { return .failure(Self.incomplete) }
            let places = table.liveSessions(of: userID, after: nil, limit: .max - 1)
            let keys = places.compactMap { table.key(at: $0) } + presence.disappearedKeys(of: userID)
            return .success(keys.filter { Fingerprint(of: $0) != exception })
        }
    }

    private static let incomplete = RevocationFailure("sessiond has not read all sessions yet")

    /// Whether a session that is not known is none.
    private var isComplete: Bool {
        if case .live = phase { true } else { false }
    }

    /// How many of these keys hold a session, as far as is known.
    package func count(of keys: [SessionKey]) -> Int {
        keys.count { table.entry(of: $0) != nil }
    }

    /// Redis is about to be asked to delete these keys.
    package mutating func revoking(_ keys: [SessionKey], byUID uid: UInt32, at now: Moment) {
        for key in keys {
            presence.revocations.begin(key, byUID: uid, at: now.uptime)
            // No answer comes from memory any more.
            _ = table.update(key) { $0.isTouched = true }
        }
    }

    /// Redis has answered whether there was a key that it deleted.
    package mutating func revoked(_ key: SessionKey, wasThere: Bool, byUID uid: UInt32, at now: Moment) {
        if wasThere {
            presence.revocations.deleted(key, at: now.uptime)
            presence.buryRevoked(key, byUID: uid, at: now)
        } else {
            presence.revocations.end(key)
        }
        // Where its removal was not announced yet, or nothing announces it, what memory holds is read again.
        if table.update(key, { $0.isTouched = true }) != nil { fetches.request(key, .notified) }
    }

    /// Redis did not answer: whether it has deleted these keys is not known.
    package mutating func revocationUnanswered(_ keys: [SessionKey]) {
        for key in keys {
            presence.revocations.unanswered(key)
            if table.entry(of: key) != nil { fetches.request(key, .notified) }
        }
    }

    /// A reading shows what was written after a session was deleted: that one has ended, whether its removal was heard or not.
    ///
    /// Questions and deletions go to Redis by one connection, which answers in their order: what is answered later was asked later.
    ///
    /// - Parameter askedAt: when it was asked, where the answer was kept for a while after it came.
    mutating func endDeleted(
        _ key: SessionKey, askedAt: Int64? = nil, at now: Moment, _ effects: inout DirectoryEffects
    ) {
        guard presence.revocations.isDeleted(key, before: askedAt, at: now.uptime) else { return }
        if table.place(of: key) == nil {
            // An earlier reading did not find it, and waits for the announcement.
            presence.removalAnnounced(key, .deleted, at: now, into: &effects.events)
        } else {
            remove(key, .deleted, at: now, &effects)
        }
        presence.revocations.end(key)
    }

    /// Sessions that were revoked and are written again are to be deleted again.
    mutating func endResurrected(at now: Moment, _ effects: inout DirectoryEffects) {
        for (key, uid) in presence.takeResurrected() {
            revoking([key], byUID: uid, at: now)
            effects.deletions.append((key, uid))
        }
    }
}
