package import SessionModel

/// What a wish to end sessions concerns.
package enum Revocable {
    case keys([SessionKey])
    /// `DirectoryEffects.revocables` tells it by this number, as soon as everything was heard that had happened before.
    case later(UInt64)
    case unknown(RevocationFailure)
}

/// Ending sessions at somebody's wish.
///
/// ```
///   revocable ──▶ revoking ──DEL──▶ revoked          the session is in no answer any more
///                                      └──the key's removal is announced──▶ logout, `revoked`
///   a request in flight writes it again ──▶ login, `resurrected` ──▶ revoking …
/// ```
extension DirectoryStateMachine {
    /// The keys that are to be deleted; none where there is no such session.
    package mutating func revocable(_ target: RevocationTarget, at now: Moment) -> Revocable {
        guard isAsking else { return .unknown(RevocationFailure(unavailability)) }
        if case .key(let key) = target { return .keys([key]) }
        guard knowsAll else { return .unknown(Self.incomplete) }
        switch target {
        case .key(let key): return .keys([key])
        // Seldom asked for: an index would cost every session memory.
        case .session(let session): return .keys(table.keys { record, _ in record.session == session })
        case .user(let userID, let exception):
            return .later(userRevocations.begin(userID, except: exception, at: now.uptime))
        }
    }

    private static let incomplete = RevocationFailure("sessiond does not know all sessions at present")

    /// Whether a session that was announced and read is known, and every other one is or will be.
    private var knowsAll: Bool {
        if case .live = phase { hearing.source != .none && isAsking && !fetches.isOverrun } else { false }
    }

    /// All that was announced before this time has been heard.
    mutating func continueRevoking(heardUntil uptime: Int64, _ effects: inout DirectoryEffects) {
        guard !userRevocations.isEmpty else { return }
        guard knowsAll else { return giveUpRevoking(&effects) }
        userRevocations.announcementsHeard(
            before: uptime, unread: { fetches.notifiedKeys },
            known: { userID in
                table.liveSessions(of: userID, after: nil, limit: .max - 1).compactMap { table.key(at: $0) }
                    + presence.disappearedKeys(of: userID)
            })
        tellRevocables(&effects)
    }

    /// A key was read.
    ///
    /// - Parameter askedAt: the time of which the reading is true at least; the largest where it is true now.
    mutating func continueRevoking(read key: SessionKey, askedAt: Int64, _ effects: inout DirectoryEffects) {
        guard !userRevocations.isEmpty else { return }
        guard knowsAll else { return giveUpRevoking(&effects) }
        userRevocations.read(key, of: table.entry(of: key)?.standing.login?.userID, askedAt: askedAt)
        tellRevocables(&effects)
    }

    private mutating func tellRevocables(_ effects: inout DirectoryEffects) {
        effects.revocables += userRevocations.takeReady().map { ($0.number, .success($0.keys)) }
    }

    /// Changes went unseen, or go so from now on: nobody can say which sessions there are.
    mutating func giveUpRevoking(_ effects: inout DirectoryEffects) {
        effects.revocables += userRevocations.giveUp().map { ($0, .failure(Self.incomplete)) }
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
