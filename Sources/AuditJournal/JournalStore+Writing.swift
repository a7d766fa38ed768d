import Foundation
import GRDB
import SessionModel

/// Writing events: all of a call in one transaction, with what follows from them for who is logged in.
extension JournalStore {
    /// Records events, which are then in the file as `--journal-sync` says.
    ///
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: the texts of those that are stored, in their order; the frequent types are not. And how many events
    ///   each event that erases others has erased.
    func write(
        _ events: [SessionEvent], at now: Int64
    ) throws(JournalFailure) -> (texts: [RecordedEvent], forgotten: [EventID: Int]) {
        guard let last = events.last else { return ([], [:]) }
        var state = WriteState(
            source: source, runs: runs, chain: chain, recordedAt: max(recordedAt, now), renewals: [:], written: [],
            firstPlace: nil)
        do {
            try pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    for event in events { try state.write(event, db) }
                    try state.writeRenewals(db)
                    state.runs.advance(to: last.id.sequence)
                    try Self.execute(
                        db, "UPDATE run SET last_sequence = ? WHERE number = ?",
                        [Int64(last.id.sequence), state.runs.last?.number])
                    try Self.execute(db, "UPDATE journal SET alive_at = ?", [now])
                    return .commit
                }
            }
        } catch {
            throw JournalFailure(error)
        }
        (runs, chain, recordedAt) = (state.runs, state.chain, state.recordedAt)
        eventCount += state.written.count
        if oldestPlace == nil { oldestPlace = state.firstPlace }
        if !state.forgotten.isEmpty {
            owesEmptyLog = true
            try emptyLog()
        }
        return (state.written, state.forgotten)
    }

    /// Empties the log of writes, where what was erased could still be read; not while somebody reads there.
    func emptyLog() throws(JournalFailure) {
        guard owesEmptyLog else { return }
        do {
            try pool.writeWithoutTransaction { db in
                // Events are not to wait for a reader that takes its time.
                try db.execute(sql: "PRAGMA busy_timeout = 0")
                defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(patience * 1000))") }
                _ = try db.checkpoint(.truncate)
            }
            owesEmptyLog = false
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        } catch {
            throw JournalFailure(error)
        }
    }

    /// Notes that a daemon can write here.
    func noteAlive(at now: Int64) throws(JournalFailure) {
        do {
            try pool.writeWithoutTransaction { try Self.execute($0, "UPDATE journal SET alive_at = ?", [now]) }
        } catch {
            throw JournalFailure(error)
        }
    }

    static func execute(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws {
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: arguments)
    }
}

/// What changes with every event of a transaction; kept only if it is committed.
private struct WriteState {
    let source: String
    var runs: RunTable
    var chain: HashChain
    var recordedAt: Int64
    /// The newest expiries; many renewals of one session cost one update.
    var renewals: [Fingerprint: Int64?]
    var written: [RecordedEvent]
    var firstPlace: Int64?
    /// How many events each event that erases others has erased.
    var forgotten: [EventID: Int] = [:]

    mutating func write(_ event: SessionEvent, _ db: Database) throws {
        // It was on its way when another run began.
        guard event.id.run == runs.last?.run else { throw JournalFailure.strayEvent }
        switch event.kind {
        case .renewed(_, let expiresAt):
            if let subject = event.subject { renewals.updateValue(expiresAt, forKey: subject) }
            return
        case .changed:
            return
        case .login, .logout, .userOnline, .userOffline, .rejected, .link, .forgotten:
            break
        }
        guard let place = runs.place(of: event.id) else { throw JournalFailure.strayEvent }
        var event = event
        if case .forgotten(var forgetting) = event.kind {
            (forgetting.eventCount, forgetting.digest) = try JournalStore.erase(forgetting.userID, by: event.id, db)
            event.kind = .forgotten(forgetting)
            forgotten[event.id] = forgetting.eventCount
        }
        recordedAt = max(recordedAt, event.time)
        let body = event.cloudEvent(source: source, previousHash: chain.head)
        try JournalStore.execute(
            db,
            """
            INSERT INTO event (place, time, recorded_at, type, session, user_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                place, event.time, recordedAt, event.type.shortName, event.subject.map { Data($0.bytes) },
                event.userID.map { StoredText.value($0.text) }, String(decoding: body, as: UTF8.self),
            ])
        try writePresence(event, at: place, db)
        chain.append(body)
        written.append(RecordedEvent(id: event.id, json: body))
        firstPlace = firstPlace ?? place
    }

    private mutating func writePresence(_ event: SessionEvent, at place: Int64, _ db: Database) throws {
        switch event.kind {
        case .login(let userID, let backend, let expiresAt, let cause):
            var previous: Fingerprint?
            if case .rotated(let session) = cause { previous = session }
            try JournalStore.execute(
                db,
                """
                INSERT INTO login (place, session, previous_session, user_id, backend, began_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    place, event.subject.map { Data($0.bytes) }, previous.map { Data($0.bytes) },
                    StoredText.value(userID.text), StoredText.value(backend), event.time, expiresAt,
                ])
        case .logout(_, _, let loginID, _):
            if let subject = event.subject { renewals[subject] = nil }
            try JournalStore.execute(
                db, "UPDATE login SET ended_at = ?, logout_place = ? WHERE place = ? AND logout_place IS NULL",
                [event.time, place, runs.place(of: loginID)])
            guard db.changesCount == 1 else { throw JournalFailure.strayEvent }
        case .userOnline, .userOffline, .rejected, .link, .renewed, .changed, .forgotten:
            break
        }
    }

    func writeRenewals(_ db: Database) throws {
        for (session, expiresAt) in renewals {
            try JournalStore.execute(
                db, "UPDATE login SET expires_at = ? WHERE session = ? AND logout_place IS NULL",
                [expiresAt, Data(session.bytes)])
        }
    }
}
