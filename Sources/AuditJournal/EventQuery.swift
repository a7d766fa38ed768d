import Foundation
import GRDB
import SessionModel

/// A page of events as SQL: arms that each read one index in the order of places, merged.
///
/// | asked for | arms |
/// | --- | --- |
/// | a session, or a user | its index; and the link events, which pass every filter but the types |
/// | types | one each |
/// | nothing of these | the table itself |
///
/// Times are compared with when an event occurred, but found by when it was recorded, which only rises; what was recorded
/// more than a minute after it occurred has an index of its own.
struct EventQuery {
    private var filter: EventFilter
    private let after: Int64
    private let limit: Int
    /// The last place at which an event of the wanted time lies that was recorded at once.
    private var through = Int64.max
    /// The place before the first one at which an event of the wanted time can lie.
    private var before: Int64

    /// How much later than it occurred an event of the index `event_late` was recorded, in milliseconds.
    private static let lateness: Int64 = 60_000

    /// - Parameters:
    ///   - after: the place behind which events are wanted.
    ///   - filter: with all the sessions that the wanted ones rotated into.
    init(after: Int64, filter: EventFilter, limit: Int) {
        self.after = after
        self.filter = filter
        self.limit = limit
        before = after
    }

    /// An event as it is stored.
    struct Row {
        var place: Int64
        var body: String
    }

    /// The events, oldest first.
    mutating func rows(_ db: Database) throws -> [Row] {
        try narrow(db)
        let arms = arms
        guard !arms.isEmpty else { return [] }
        let sql =
            arms.map { "SELECT * FROM (\($0.sql) ORDER BY place LIMIT \(limit))" }.joined(separator: " UNION ALL ")
            + " ORDER BY place LIMIT \(limit)"
        let arguments = arms.reduce(into: StatementArguments()) { $0 += $1.arguments }
        return try GRDB.Row.fetchAll(db, sql: sql, arguments: arguments).map {
            Row(place: try $0.decode(atIndex: 0), body: try $0.decode(atIndex: 1))
        }
    }

    /// Finds the places between which the wanted time lies.
    private mutating func narrow(_ db: Database) throws {
        if let since = filter.since {
            let first = try Int64.fetchOne(
                db,
                sql:
                    "SELECT min(place) FROM event WHERE recorded_at = (SELECT min(recorded_at) FROM event WHERE recorded_at >= ?)",
                arguments: [since])
            before = max(before, first.map { $0 - 1 } ?? Int64.max)
        }
        if let until = filter.until {
            let (edge, isOver) = until.addingReportingOverflow(Self.lateness)
            guard !isOver else { return }
            let last = try Int64.fetchOne(
                db,
                sql:
                    "SELECT max(place) FROM event WHERE recorded_at = (SELECT max(recorded_at) FROM event WHERE recorded_at < ?)",
                arguments: [edge])
            through = last ?? -1
        }
    }

    // MARK: Arms

    private struct Arm {
        var sql: String
        var arguments: StatementArguments

        mutating func and(_ condition: String, _ more: StatementArguments = []) {
            sql += " AND " + condition
            arguments += more
        }
    }

    private var arms: [Arm] {
        if let time = filter.openAt { return openArms(at: time) }
        let wanted = filter.types ?? Set(EventType.allCases).subtracting(EventType.activity)
        var arms: [Arm] = []
        if filter.sessions != nil || filter.userID != nil {
            var arm = arm(range: false)
            constrain(&arm)
            if filter.types != nil { arm.and("+type IN (\(Self.list(wanted)))") }
            arms.append(arm)
            if wanted.contains(.link) { arms.append(typeArm(.link)) }
        } else if filter.types != nil {
            arms = wanted.subtracting(EventType.activity).sorted { $0.rawValue < $1.rawValue }.map(typeArm)
        } else {
            arms.append(arm(range: true))
        }
        if through < .max { arms += lateArms(wanted) }
        return arms
    }

    private func typeArm(_ type: EventType) -> Arm {
        var arm = arm(range: true)
        arm.and("type = '\(type.shortName)'")
        return arm
    }

    /// - Parameter range: whether only those are wanted that were recorded at once.
    private func arm(range: Bool) -> Arm {
        var arm = Arm(sql: "SELECT place, body FROM event WHERE place > ?", arguments: [before])
        if range, through < .max { arm.and("place <= ?", [through]) }
        if let since = filter.since { arm.and("+time >= ?", [since]) }
        if let until = filter.until { arm.and("+time < ?", [until]) }
        return arm
    }

    /// Events of the wanted time that were recorded so late that they lie behind it.
    private func lateArms(_ wanted: Set<EventType>) -> [Arm] {
        var late = Arm(
            sql: "SELECT place, body FROM event INDEXED BY event_late WHERE recorded_at > time + \(Self.lateness)",
            arguments: [])
        late.and("place > ?", [max(before, through)])
        if let since = filter.since { late.and("time >= ?", [since]) }
        if let until = filter.until { late.and("time < ?", [until]) }
        guard filter.sessions != nil || filter.userID != nil else {
            if filter.types != nil { late.and("type IN (\(Self.list(wanted)))") }
            return [late]
        }
        // The arm of the session or the user has no end and holds these already.
        guard wanted.contains(.link) else { return [] }
        late.and("type = 'link'")
        return [late]
    }

    /// Logins that were open at a time: those that still are, and those that ended later.
    private func openArms(at time: Int64) -> [Arm] {
        guard filter.types?.contains(.login) ?? true else { return [] }
        return ["login.logout_place IS NULL", "login.logout_place IS NOT NULL AND login.ended_at > \(time)"].map {
            condition in
            var arm = Arm(
                sql: "SELECT login.place AS place, body FROM login JOIN event USING (place) WHERE \(condition)",
                arguments: [])
            arm.and("login.began_at <= ?", [time])
            arm.and("login.place > ?", [after])
            if let since = filter.since { arm.and("login.began_at >= ?", [since]) }
            if let until = filter.until { arm.and("login.began_at < ?", [until]) }
            if let userID = filter.userID { arm.and("login.user_id = ?", [StoredText.value(userID.text)]) }
            if let sessions = filter.sessions { Self.constrain(&arm, "login.session", to: sessions) }
            return arm
        }
    }

    private func constrain(_ arm: inout Arm) {
        if let sessions = filter.sessions {
            Self.constrain(&arm, "session", to: sessions)
            if let userID = filter.userID { arm.and("+user_id = ?", [StoredText.value(userID.text)]) }
        } else if let userID = filter.userID {
            arm.and("user_id = ?", [StoredText.value(userID.text)])
        }
    }

    private static func constrain(_ arm: inout Arm, _ column: String, to sessions: Set<Fingerprint>) {
        let marks = Array(repeating: "?", count: sessions.count).joined(separator: ", ")
        arm.and("\(column) IN (\(marks))", StatementArguments(sessions.map { Data($0.bytes) }))
    }

    private static func list(_ types: Set<EventType>) -> String {
        types.map { "'\($0.shortName)'" }.sorted().joined(separator: ", ")
    }
}

extension EventFilter {
    /// Adds all sessions that the wanted ones rotated into, as far as the journal holds that.
    mutating func followRotations(_ db: Database) throws {
        guard let sessions else { return }
        _ = beginsToFollow()
        let marks = Array(repeating: "(?)", count: sessions.count).joined(separator: ", ")
        let found = try Data.fetchAll(
            db,
            sql: """
                WITH RECURSIVE followed(session) AS (
                    VALUES \(marks)
                    UNION SELECT login.session FROM followed JOIN login ON login.previous_session = followed.session
                ) SELECT session FROM followed LIMIT 1000
                """,
            arguments: StatementArguments(sessions.map { Data($0.bytes) }))
        self.sessions = Set(found.compactMap { Fingerprint(bytes: $0) })
    }
}
