import Foundation
import GRDB
import SessionModel
import Synchronization
import TestSupport
import Testing

@testable import AuditJournal

/// However much a journal holds, a page costs what it brings: SQLite finds it by an index.
@Suite struct QueryPlanTests {
    private static let now: Int64 = 1_700_000_000_000

    private static var shapes: [EventFilter] {
        var shapes: [EventFilter] = [
            EventFilter(), EventFilter(types: [.login]), EventFilter(types: [.login, .logout, .link]),
            EventFilter(userID: UserID("1")), EventFilter(userID: UserID("a\u{0}b")),
            EventFilter(types: [.logout], userID: UserID("1")), EventFilter(session: Sample.session("key 1")),
            EventFilter(types: [.login, .link], session: Sample.session("key 1")),
        ]
        var both = EventFilter(userID: UserID("1"), session: Sample.session("key 1"))
        both.sessions?.insert(Sample.session("key 2"))
        shapes.append(both)
        return shapes.flatMap { shape in
            [(nil, nil), (now, nil), (nil, now + 1), (now - 1, now + 1)].flatMap { (since: Int64?, until: Int64?) in
                [nil, now].map { openAt in
                    var filter = shape
                    (filter.since, filter.until, filter.openAt) = (since, until, openAt)
                    return filter
                }
            }
        }
    }

    @Test("No question is answered by looking at every event", arguments: QueryPlanTests.shapes.indices)
    func plans(number: Int) async throws {
        let shape = Self.shapes[number]
        let folder = try TemporaryFolder()
        let rig = await JournalRig(folder, at: Self.now)
        await rig.journal.stop()
        let steps = try await JournalFile.open(rig.path).read { try Self.steps(of: shape, $0) }
        #expect(!steps.isEmpty || shape.openAt != nil)
        let isUnfiltered = shape.types == nil && shape.userID == nil && shape.sessions == nil
        for step in steps {
            #expect(step.firstMatch(of: /SCAN (event|login)\b/) == nil, "\(step)")
            guard !isUnfiltered, shape.openAt == nil else { continue }
            #expect(step.firstMatch(of: /SEARCH event USING INTEGER PRIMARY KEY/) == nil, "\(step)")
        }
    }

    /// What SQLite does for a page.
    private static func steps(of shape: EventFilter, _ db: Database) throws -> [String] {
        let asked = Mutex<[String]>([])
        db.trace { event in
            if case .statement(let statement) = event { asked.withLock { $0.append(statement.expandedSQL) } }
        }
        var filter = shape
        try filter.followRotations(db)
        var query = EventQuery(after: 1 << 40, filter: filter, limit: 100)
        _ = try query.rows(db)
        db.trace(nil)
        return try asked.withLock(\.self).filter { $0.contains("SELECT") }.flatMap { sql in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
        }
    }
}
