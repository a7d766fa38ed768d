import Foundation
import GRDB
import SessionModel
import TestSupport
import Testing

@testable import AuditJournal

/// What is erased is gone from wherever it was, whatever else uses the journal.
@Suite struct ErasingTests {
    private static let user = "somebody-to-forget"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A login and its logout, and the event that erases them.
    private static func events(_ run: UInt64) -> (life: [SessionEvent], forgotten: SessionEvent) {
        func event(_ sequence: UInt64, _ kind: SessionEvent.Kind, _ subject: Fingerprint?) -> SessionEvent {
            SessionEvent(id: EventID(run: run, sequence: sequence), time: 0, subject: subject, kind: kind)
        }
        let (user, login) = (UserID(Self.user), EventID(run: run, sequence: 1))
        return (
            [
                event(1, .login(userID: user, backend: "b", expiresAt: nil, cause: .created), Sample.session("a")),
                event(2, .logout(userID: user, backend: "b", loginID: login, reason: .deleted), Sample.session("a")),
            ], event(3, .forgotten(Forgetting(userID: user, byUID: 0)), nil)
        )
    }

    private func forget(_ event: SessionEvent, in rig: JournalRig) async -> Int? {
        await withCheckedContinuation { continuation in
            rig.journal.append([event]) { continuation.resume(returning: $0) }
        }
    }

    private func holdsUser(_ rig: JournalRig) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: rig.directory).contains { name in
            try Data(contentsOf: URL(fileURLWithPath: rig.directory + "/" + name)).range(of: Data(Self.user.utf8))
                != nil
        }
    }

    /// Another program that reads the journal as it is now, until it rolls back.
    private static func reading(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { db in
            try db.beginTransaction(.deferred)
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM event")
        }
        return queue
    }

    @Test("Somebody who reads meanwhile is no fault; what that reader still sees is gone when it has ended")
    func reader() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        let (life, forgotten) = Self.events(run)
        try await rig.write(life)
        let reader = try Self.reading(rig.path)
        #expect(await forget(forgotten, in: rig) == 2)
        try await rig.write([Sample.online(4, run: run)])
        #expect(rig.news.value.isEmpty && rig.journal.interruption == nil)
        #expect(try await rig.read().events.map(\.id.sequence) == [1, 2, 3, 4])
        try await reader.writeWithoutTransaction { try $0.rollback() }
        try await eventually("the log to be emptied") {
            rig.clock.change { $0 += 1000 }
            return try !holdsUser(rig)
        }
        await rig.journal.stop()
        #expect(throws: Never.self) { try JournalVerifier.verify(rig.path) }
    }

    @Test("A daemon that died before it could empty the log leaves that to the next one")
    func crash() async throws {
        let rig = await JournalRig(folder)
        let (life, forgotten) = Self.events(try #require(rig.opening).run)
        try await rig.write(life)
        let reader = try Self.reading(rig.path)
        #expect(await forget(forgotten, in: rig) == 2)
        let later = await JournalRig(folder, directory: try rig.crashed())
        try #require(later.opening != nil)
        try await eventually("the log to be emptied") {
            later.clock.change { $0 += 1000 }
            return try !holdsUser(later)
        }
        await later.journal.stop()
        try await reader.writeWithoutTransaction { try $0.rollback() }
        await rig.journal.stop()
    }

    @Test("Memory does not keep what waited to be written together with its erasing")
    func waiting() async throws {
        let rig = await JournalRig(folder)
        let run = try #require(rig.opening).run
        let (life, forgotten) = Self.events(run)
        let other = try DatabaseQueue(path: rig.path)
        try await other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN EXCLUSIVE")
            rig.journal.append(life)
            rig.journal.append([forgotten, Sample.online(4, run: run)])
            try db.execute(sql: "ROLLBACK")
        }
        try await eventually("the events") { rig.journal.position.sequence == 4 }
        var filter = EventFilter()
        let start = EventStart.after(EventID(run: run, sequence: 0))
        let recent = try rig.journal.recent(from: start, matching: &filter, limit: 9)
        let stored = try await rig.read(start)
        for event in (recent?.events ?? []) + stored.events {
            #expect(!String(decoding: event.json, as: UTF8.self).contains(Self.user))
        }
        #expect(stored.events.map(\.id.sequence) == [1, 2, 3, 4])
        await rig.journal.stop()
    }
}
