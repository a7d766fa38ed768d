import GRDB

/// The tables of a journal, and how an older version's become this one's.
///
/// `Protocols/journal.md` publishes them: auditors read the views with plain SQL.
enum JournalSchema {
    /// Every migration stays as it was released: a test opens the journal of every version.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in try db.execute(sql: version1) }
        return migrator
    }

    private static let version1 = """
        -- One row: which journal this is, and where its chain begins.
        CREATE TABLE journal (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            uuid TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            -- A daemon wrote here at this time, or could have.
            alive_at INTEGER NOT NULL,
            -- The newest event that retention removed, and its hash.
            pruned_place INTEGER NOT NULL DEFAULT 0,
            pruned_hash TEXT
        );

        -- Every start of a daemon. The events of a run lie at number << 40 | sequence.
        CREATE TABLE run (
            number INTEGER PRIMARY KEY,
            run TEXT NOT NULL UNIQUE,
            started_at INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL DEFAULT 0
        );

        CREATE TABLE event (
            place INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL,
            type TEXT NOT NULL,
            session BLOB,
            user_id TEXT,
            body TEXT NOT NULL
        );
        CREATE INDEX event_by_type ON event(type);
        CREATE INDEX event_by_user ON event(user_id) WHERE user_id IS NOT NULL;
        CREATE INDEX event_by_session ON event(session) WHERE session IS NOT NULL;
        CREATE INDEX event_by_recording ON event(recorded_at);
        -- Those that were recorded long after they occurred: all others are found by when they were recorded.
        CREATE INDEX event_late ON event(time) WHERE recorded_at > time + 60000;

        -- Every login with its logout, if there was one.
        CREATE TABLE login (
            place INTEGER PRIMARY KEY,
            session BLOB NOT NULL,
            previous_session BLOB,
            user_id TEXT NOT NULL,
            backend TEXT NOT NULL,
            began_at INTEGER NOT NULL,
            expires_at INTEGER,
            ended_at INTEGER,
            logout_place INTEGER
        );
        CREATE UNIQUE INDEX login_open ON login(session) WHERE logout_place IS NULL;
        CREATE INDEX login_by_end ON login(ended_at, began_at) WHERE logout_place IS NOT NULL;
        CREATE INDEX login_by_logout ON login(logout_place) WHERE logout_place IS NOT NULL;
        CREATE INDEX login_by_previous ON login(previous_session) WHERE previous_session IS NOT NULL;

        -- For people with the sqlite3 tool.
        CREATE VIEW events AS SELECT
            body ->> '$.id' AS id,
            strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch') AS time,
            type,
            user_id,
            lower(hex(session)) AS session,
            coalesce(body ->> '$.data.cause', body ->> '$.data.reason', body ->> '$.data.state') AS why,
            body
        FROM event;
        CREATE VIEW logins AS SELECT
            user_id,
            lower(hex(session)) AS session,
            strftime('%Y-%m-%dT%H:%M:%fZ', began_at / 1000.0, 'unixepoch') AS login,
            strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS logout,
            backend
        FROM login;
        """
}
