import GRDB

/// Why a journal on disk cannot be written or read. The words are for the operator: they say what to do.
package enum JournalFailure: Error, Equatable, CustomStringConvertible {
    /// `errno`'s words.
    case directory(path: String, problem: String)
    case foreignDirectory(path: String, owner: UInt32)
    case openDirectory(path: String)
    case inUse(path: String)
    /// The file was moved away or replaced while it was open.
    case replaced(path: String)
    case newer(path: String)
    case exists(path: String)
    /// An event does not follow from what the journal holds, such as the logout of a login that it has not.
    case strayEvent
    /// An SQLite result code and its words.
    case database(code: Int32, message: String)

    package var description: String {
        switch self {
        case .directory(let path, let problem):
            "the state directory \(path) cannot be used (\(problem)): give another --state-directory, or mend it"
        case .foreignDirectory(let path, let owner):
            """
            the state directory \(path) belongs to uid \(owner), and others could rewrite the journal there: give another \
            --state-directory, or chown it to the daemon's user
            """
        case .openDirectory(let path):
            "the state directory \(path) can be written to by its group or by others: chmod go-w it"
        case .inUse(let path):
            "another sessiond uses the state directory \(path): stop it, or give this one another --state-directory"
        case .replaced(let path):
            "the file \(path) was moved away or replaced while the journal was in use"
        case .newer(let path):
            "the journal \(path) was written by a newer sessiond: install that version, or move the file away"
        case .exists(let path):
            "there is a file \(path) already: give another name"
        case .strayEvent:
            "an event does not follow from what the journal holds; the daemon compares with Redis anew"
        case .database(let code, let message):
            Self.words(code, message)
        }
    }

    /// The file holds what no daemon writes.
    static func damaged(_ problem: String) -> Self {
        .database(code: ResultCode.SQLITE_CORRUPT.rawValue, message: problem)
    }

    /// Whether the events at hand can never be written, however often that is tried: the fault is not the disk's, the
    /// file's or another program's.
    var isLasting: Bool {
        switch self {
        case .strayEvent: true
        case .database(let code, _):
            switch ResultCode(rawValue: code) {
            case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL,
                .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CORRUPT, .SQLITE_NOTADB,
                .SQLITE_INTERRUPT, .SQLITE_SCHEMA:
                false
            default: true
            }
        case .directory, .foreignDirectory, .openDirectory, .inUse, .replaced, .newer, .exists: false
        }
    }

    /// What an SQLite error means for whoever has to mend it.
    ///
    /// Source: https://www.sqlite.org/rescode.html, primary result codes.
    private static func words(_ code: Int32, _ message: String) -> String {
        switch ResultCode(rawValue: code) {
        case .SQLITE_FULL: "the disk of the journal is full: make room"
        case .SQLITE_READONLY: "the journal cannot be written, its file or disk is read-only (\(message))"
        case .SQLITE_IOERR: "the disk of the journal fails (\(message))"
        case .SQLITE_CANTOPEN: "the journal's file cannot be opened (\(message))"
        case .SQLITE_PERM, .SQLITE_AUTH: "the journal's file may not be written (\(message))"
        case .SQLITE_BUSY, .SQLITE_LOCKED: "another program holds the journal locked: end it"
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            """
            the journal's file is damaged (\(message)): move it and its -wal and -shm files away, and put a backup in its \
            place, or nothing to begin a new journal
            """
        default: "the journal fails: \(message) (SQLite code \(code))"
        }
    }

    /// The failure that an error from underneath is.
    init(_ error: any Error) {
        switch error {
        case let failure as JournalFailure: self = failure
        case let error as DatabaseError:
            // The index of the log finds no room. Source: https://www.sqlite.org/rescode.html#ioerr_shmsize
            let isFull = error.extendedResultCode == .SQLITE_IOERR_SHMSIZE
            self = .database(
                code: (isFull ? .SQLITE_FULL : error.resultCode).rawValue,
                message: error.message ?? "no message of SQLite's")
        // Its description holds the row.
        case is RowDecodingError: self = .damaged("a value is of another type than its column")
        default: self = .database(code: ResultCode.SQLITE_ERROR.rawValue, message: "\(error)")
        }
    }
}
