import Foundation
import GRDB
import Glibc
import SessionModel

/// What survives what: how far a commit has come when its events are delivered.
package enum JournalSync: String, CaseIterable, Sendable {
    /// The operating system has the events: they survive the daemon's death, and a power cut but for the last moments.
    case normal
    /// The disk has them: they survive a power cut.
    case full
}

/// A journal's file while it is open to be written: there is one writer, on one thread.
final class JournalStore {
    let uuid: String
    /// The CloudEvents `source` of its events.
    var source: String { "urn:uuid:\(uuid)" }
    let pool: DatabasePool
    private let directory: StateDirectory
    private let file: FileIdentity
    let patience: Double

    var runs: RunTable
    var chain: HashChain
    var eventCount: Int
    /// Where the oldest event lies; nil where there is none.
    var oldestPlace: Int64?
    /// The newest event that retention removed.
    var prunedPlace: Int64
    /// When the newest event was recorded, in milliseconds since 1970; never runs backwards.
    var recordedAt: Int64
    /// When a daemon was last known to be able to write here before this opening; nil for a new journal.
    let aliveAt: Int64?
    /// Whether it went on where an earlier opening of this process ended.
    let isContinued: Bool
    /// Whether the log of writes may hold what was erased; so it may when a daemon died.
    var owesEmptyLog = true

    /// Where an opening goes on: events of this run were the last ones that this process wrote.
    struct Continuation {
        var uuid: String
        var position: EventID
    }

    /// Opens a journal, or makes one.
    ///
    /// - Parameters:
    ///   - continuation: the run goes on if the journal still ends there; else a later run begins.
    ///   - now: milliseconds since 1970.
    init(
        _ settings: JournalSettings, continuation: Continuation?, at now: Int64
    ) throws(JournalFailure) {
        patience = settings.patience
        do {
            directory = try StateDirectory(settings.directory)
            let journalPath = directory.journalPath
            try Self.createFile(journalPath)
            pool = try DatabasePool(path: journalPath, configuration: Self.configuration(settings.patience))
            file = try FileIdentity(ofFileAt: journalPath)
            try Self.migrate(pool, journalPath)
            let opened = try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = \(settings.sync == .full ? "FULL" : "NORMAL")")
                var opened: Opened?
                try db.inTransaction(.immediate) {
                    opened = try Opened(db, continuation: continuation, at: now)
                    return .commit
                }
                return opened
            }
            guard let opened else { throw JournalFailure.replaced(path: journalPath) }
            uuid = opened.uuid
            runs = opened.runs
            chain = opened.chain
            eventCount = opened.eventCount
            oldestPlace = opened.oldestPlace
            prunedPlace = opened.prunedPlace
            recordedAt = opened.recordedAt
            aliveAt = opened.aliveAt
            isContinued = opened.isContinued
        } catch {
            throw JournalFailure(error)
        }
    }

    private static func configuration(_ patience: Double) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience)
        configuration.maximumReaderCount = 2
        configuration.label = "journal"
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            // What is erased is overwritten, and what retention removes makes the file smaller, a piece at a time.
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = ON")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
        }
        return configuration
    }

    /// Only the daemon's user may read it: it says who was logged in when.
    private static func createFile(_ path: String) throws(JournalFailure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .database(code: ResultCode.SQLITE_CANTOPEN.rawValue, message: String(cString: strerror(errno)))
        }
        Glibc.close(descriptor)
    }

    private static func migrate(_ pool: DatabasePool, _ path: String) throws {
        let migrator = JournalSchema.migrator
        guard try pool.read({ try !migrator.hasBeenSuperseded($0) }) else { throw JournalFailure.newer(path: path) }
        try migrator.migrate(pool)
    }

    /// Ends it. What is being read at this moment is read to its end.
    func close() {
        try? pool.close()
    }

    /// The newest position that was given out.
    var position: EventID {
        runs.last.map { EventID(run: $0.run, sequence: $0.lastSequence) } ?? EventID(run: 0, sequence: 0)
    }

    var continuation: Continuation { Continuation(uuid: uuid, position: position) }

    /// Whether the file is still the one that stands at its path, and the lock, too.
    func checkPlace() throws(JournalFailure) {
        try directory.checkLock()
        guard try FileIdentity(ofFileAt: directory.journalPath) == file else {
            throw .replaced(path: directory.journalPath)
        }
    }

    /// When a time began of which the journal knows nothing, in milliseconds since 1970, if its newest link event tells of that.
    func toldGap(_ cause: JournalOpening.Cause) throws(JournalFailure) -> Int64? {
        let told: LinkCondition = cause == .stopped ? .lost : .journalLost
        do {
            return try pool.read { db in
                try Int64.fetchOne(
                    db,
                    sql: """
                        SELECT time FROM
                            (SELECT time, body ->> '$.data.state' AS state FROM event WHERE type = 'link'
                             ORDER BY place DESC LIMIT 1)
                        WHERE state = ?
                        """, arguments: [told.rawValue])
            }
        } catch {
            throw JournalFailure(error)
        }
    }

    /// Who is logged in by what the journal holds.
    func openLogins() throws(JournalFailure) -> [Fingerprint: OpenLogin] {
        let runs = runs
        do {
            return try pool.read { db in
                let openCount =
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM login WHERE logout_place IS NULL") ?? 0
                let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM login") ?? 0
                // The index finds each row in another page; reading all in their order is four times as fast a row.
                let way = openCount > count / 4 ? "NOT INDEXED" : "INDEXED BY login_open"
                let sql = """
                    SELECT session, place, user_id, backend, began_at, expires_at FROM login \(way)
                    WHERE logout_place IS NULL
                    """
                var logins: [Fingerprint: OpenLogin] = [:]
                logins.reserveCapacity(openCount)
                let rows = try Row.fetchCursor(db, sql: sql)
                while let row = try rows.next() {
                    guard let session = try row.withUnsafeData(atIndex: 0, { $0.flatMap { Fingerprint(bytes: $0) } }),
                        let id = runs.id(at: try row.decode(atIndex: 1))
                    else {
                        continue
                    }
                    logins[session] = OpenLogin(
                        id: id, userID: UserID(StoredText.text(row[2])), backend: StoredText.text(row[3]),
                        beganAt: try row.decode(atIndex: 4), expiresAt: try row.decode(atIndex: 5))
                }
                return logins
            }
        } catch {
            throw JournalFailure(error)
        }
    }

    /// The size of the file with what waits in its log, in bytes.
    var bytes: Int {
        [directory.journalPath, directory.journalPath + "-wal"].reduce(0) { sum, path in
            var information = stat()
            return stat(path, &information) == 0 ? sum + Int(information.st_size) : sum
        }
    }

    /// What is known of a journal once it is opened.
    private struct Opened {
        var uuid: String
        var runs = RunTable()
        var chain: HashChain
        var eventCount: Int
        var oldestPlace: Int64?
        var prunedPlace: Int64 = 0
        var recordedAt: Int64 = 0
        var aliveAt: Int64?
        var isContinued = false

        init(_ db: Database, continuation: Continuation?, at now: Int64) throws {
            var prunedHash: String?
            if let row = try Row.fetchOne(db, sql: "SELECT uuid, alive_at, pruned_place, pruned_hash FROM journal") {
                uuid = try row.decode(atIndex: 0)
                aliveAt = max(try row.decode(atIndex: 1), 0)
                prunedPlace = try row.decode(atIndex: 2)
                prunedHash = try row.decode(atIndex: 3)
            } else {
                uuid = UUID().uuidString.lowercased()
                try db.execute(
                    sql: "INSERT INTO journal (only_row, uuid, created_at, alive_at) VALUES (1, ?, ?, ?)",
                    arguments: [uuid, now, now])
            }
            runs = try RunTable(db)
            eventCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM event") ?? 0
            oldestPlace = try Int64.fetchOne(db, sql: "SELECT min(place) FROM event")
            recordedAt = try Int64.fetchOne(db, sql: "SELECT max(recorded_at) FROM event") ?? 0
            let newest = try String.fetchOne(db, sql: "SELECT body FROM event ORDER BY place DESC LIMIT 1")
            let hash = newest.map(HashChain.link) ?? prunedHash
            chain = hash.map { HashChain(head: $0) } ?? HashChain(source: "urn:uuid:\(uuid)")
            if let continuation, let last = runs.last, continuation.uuid == uuid,
                continuation.position == EventID(run: last.run, sequence: last.lastSequence)
            {
                isContinued = true
            } else {
                try beginRun(db, notBefore: continuation?.position.run ?? 0, at: now)
            }
        }

        /// Runs are named by when they begin, in microseconds since 1970, so that those of a journal that was deleted or
        /// restored do not come again.
        private mutating func beginRun(_ db: Database, notBefore earlier: UInt64, at now: Int64) throws {
            let time = UInt64(max(now, 0)) * 1000 + UInt64.random(in: 0..<1000)
            let run = max(time, earlier + 1, (runs.last?.run ?? 0) + 1)
            let number = (runs.last?.number ?? 0) + 1
            try db.execute(
                sql: "INSERT INTO run (number, run, started_at) VALUES (?, ?, ?)",
                arguments: [number, EventID(run: run, sequence: 0).runText, now])
            runs.append(RunTable.Run(number: number, run: run, lastSequence: 0))
        }
    }
}

/// Texts of foreign origin as SQLite stores them: as TEXT, and as a BLOB where a NUL would end the text early.
enum StoredText {
    static func value(_ text: String) -> DatabaseValue {
        text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
    }

    static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .string(let text): text
        case .blob(let bytes): String(decoding: bytes, as: UTF8.self)
        case .null, .int64, .double: ""
        }
    }
}
