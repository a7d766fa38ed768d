import Foundation
import GRDB
import SessionModel
import TestSupport
import Testing

@testable import AuditJournal

/// Whatever keeps the journal from writing: it says so, loses nothing that it took, and goes on by itself.
@Suite struct FaultTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A journal with events up to `count`, which is impatient with those who lock it.
    private func rig(count: UInt64 = 1) async throws -> (JournalRig, run: UInt64) {
        let rig = await JournalRig(folder) { $0.patience = 0.1 }
        let run = try #require(rig.opening).run
        try await rig.write((1...count).map { Sample.online($0, run: run) })
        return (rig, run)
    }

    private func waitForInterruption(_ rig: JournalRig, _ text: String) async throws {
        try await eventually("the interruption '\(text)', not \(String(describing: rig.journal.interruption))") {
            rig.journal.interruption?.cause.contains(text) ?? false
        }
    }

    private func waitForResumption(_ rig: JournalRig) async throws {
        try await eventually("the journal to go on") {
            if case .resumed? = rig.news.value.last { rig.journal.interruption == nil } else { false }
        }
    }

    /// Another program that holds the file locked, until it rolls back.
    private static func locking(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { try $0.beginTransaction(.exclusive) }
        return queue
    }

    // MARK: Away, and back

    @Test("On a full disk events wait, and are all there when there is room again", .enabled(if: geteuid() == 0))
    func full() async throws {
        let disk = try SmallDisk(folder.file("state"), kibibytes: 600)
        let (rig, run) = try await rig()
        let events = (2...3000).map { Sample.online(UInt64($0), run: run) }
        for event in events { rig.journal.append([event]) }
        try await waitForInterruption(rig, "is full")
        #expect(rig.journal.position.sequence < 3000)
        try disk.mount("remount,size=32m")
        try await waitForResumption(rig)
        try await eventually("all events") { rig.journal.position.sequence == 3000 }
        #expect(try await rig.readAll(.oldest, EventFilter(), limit: 1000).map(\.id.sequence) == Array(1...3000))
        #expect(rig.news.value.count == 2)
        await rig.journal.stop()
        #expect(throws: Never.self) { try JournalVerifier.verify(rig.path) }
    }

    @Test("On a disk that is full from the start the journal begins when there is room", .enabled(if: geteuid() == 0))
    func fullFromTheStart() async throws {
        let disk = try SmallDisk(folder.file("state"), kibibytes: 16)
        let rig = await JournalRig(folder)
        #expect(rig.opening == nil)
        try await waitForInterruption(rig, "is full")
        try disk.mount("remount,size=32m")
        let opening = try await rig.takeOpening()
        rig.journal.open()
        try await rig.write([Sample.online(1, run: opening.run)])
        #expect(rig.journal.interruption == nil)
        await rig.journal.stop()
        #expect(try JournalVerifier.verify(rig.path).eventCount == 1)
    }

    @Test(
        "On a read-only disk nothing is written; when it can be written the journal begins",
        .enabled(if: geteuid() == 0))
    func readOnly() async throws {
        let disk = try SmallDisk(folder.file("state"), kibibytes: 8192)
        try disk.mount("remount,ro")
        let rig = await JournalRig(folder)
        #expect(rig.opening == nil)
        try await waitForInterruption(rig, "Read-only")
        rig.journal.append([Sample.online(1)])
        try disk.mount("remount,rw")
        _ = try await rig.takeOpening()
        #expect(rig.journal.position.sequence == 0)
        await rig.journal.stop()
    }

    @Test("While another program holds the file locked events wait")
    func locked() async throws {
        let (rig, run) = try await rig()
        let other = try Self.locking(rig.path)
        rig.journal.append([Sample.online(2, run: run)])
        try await waitForInterruption(rig, "locked")
        try await other.writeWithoutTransaction { try $0.rollback() }
        try await waitForResumption(rig)
        try await eventually("the event") { rig.journal.position.sequence == 2 }
        #expect(rig.journal.position.run == run)
        await rig.journal.stop()
    }

    // MARK: Losing events, and comparing

    @Test("When too many wait, what comes is not taken, and what the journal holds is told when it goes on")
    func overflow() async throws {
        let (rig, run) = try await rig()
        let other = try Self.locking(rig.path)
        var history = EventHistory(seed: 5, run: run)
        let taken = history.turn(at: 1_700_000_000_000) + history.turn(at: 1_700_000_000_000)
        let openLogins = history.openLogins
        rig.journal.append(taken.map { Self.behind($0, by: 1) })
        let last = UInt64(taken.count + 1)
        let tooMany = (1...UInt64(JournalQueue.countMax)).map { Sample.online(last + $0, run: run) }
        rig.journal.append(tooMany)
        rig.journal.append([Sample.online(last + UInt64(tooMany.count) + 1, run: run)])
        try await waitForInterruption(rig, "locked")
        try await other.writeWithoutTransaction { try $0.rollback() }
        let opening = try await rig.takeOpening()
        #expect(opening.run == run)
        #expect(opening.gap?.cause == .interrupted)
        #expect(opening.openLogins.mapValues(\.userID) == openLogins.mapValues(\.userID))
        #expect(rig.journal.position.sequence == last)
        let next = EventID(run: run, sequence: last + UInt64(tooMany.count) + 2)
        rig.journal.append([SessionEvent(id: next, time: 0, subject: nil, kind: .userOnline(UserID("1")))])
        #expect(rig.journal.figures.waitingCount == 0)
        rig.journal.open()
        try await rig.write([Sample.online(next.sequence + 1, run: run)])
        #expect(try await rig.readAll(.after(EventID(run: run, sequence: last)), EventFilter(), limit: 9).count == 1)
        await rig.journal.stop()
    }

    /// The event with an id that comes later, and so with the id of the login that it names.
    private static func behind(_ event: SessionEvent, by count: UInt64) -> SessionEvent {
        var event = event
        event.id = EventID(run: event.id.run, sequence: event.id.sequence + count)
        if case .logout(let user, let backend, let login, let reason) = event.kind {
            let login = EventID(run: login.run, sequence: login.sequence + count)
            event.kind = .logout(userID: user, backend: backend, loginID: login, reason: reason)
        }
        return event
    }

    @Test("A logout of a login that the journal does not hold is not written, and what it holds is told")
    func stray() async throws {
        let (rig, run) = try await rig()
        let logout = SessionEvent(
            id: EventID(run: run, sequence: 2), time: 0, subject: Sample.session("a"),
            kind: .logout(
                userID: UserID("1"), backend: "b", loginID: EventID(run: run, sequence: 1), reason: .deleted))
        rig.journal.append([logout])
        let opening = try await rig.takeOpening()
        #expect(opening.run == run && opening.openLogins.isEmpty)
        rig.journal.open()
        try await rig.write([Sample.online(3, run: run)])
        #expect(try await rig.read().events.map(\.id.sequence) == [1, 3])
        await rig.journal.stop()
    }

    @Test("When its file is moved away a new journal begins, of which older positions are lost")
    func moved() async throws {
        let (rig, run) = try await rig()
        let source = rig.journal.figures.source
        try FileManager.default.moveItem(atPath: rig.directory, toPath: folder.file("elsewhere"))
        rig.clock.change { $0 += 2000 }
        let opening = try await rig.takeOpening()
        #expect(opening.run > run && opening.openLogins.isEmpty && opening.gap?.cause == .interrupted)
        #expect(rig.journal.figures.source != source)
        rig.journal.open()
        try await rig.write([Sample.online(1, run: opening.run)])
        await #expect(throws: EventReadError.positionLost(PositionLost(oldest: EventID(run: opening.run, sequence: 1))))
        {
            try await rig.read(.after(EventID(run: run, sequence: 1)))
        }
        await rig.journal.stop()
    }

    // MARK: Unusable from the start

    @Test("A damaged file is left as it is; when it is moved away a new journal begins")
    func damaged() async throws {
        try FileManager.default.createDirectory(
            atPath: folder.file("state"), withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let path = JournalFile.path(in: folder.file("state"))
        let garbage = Data(repeating: 0x78, count: 8192)
        try garbage.write(to: URL(fileURLWithPath: path))
        let rig = await JournalRig(folder)
        #expect(rig.opening == nil)
        try await waitForInterruption(rig, "damaged")
        await #expect(throws: EventReadError.self) { try await rig.read() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == garbage)
        try FileManager.default.removeItem(atPath: path)
        let opening = try await rig.takeOpening()
        #expect(opening.gap?.cause == .interrupted)
        await rig.journal.stop()
    }

    @Test("A directory that others can write to is not used, and says what to do")
    func openDirectory() async throws {
        try FileManager.default.createDirectory(
            atPath: folder.file("state"), withIntermediateDirectories: false, attributes: [.posixPermissions: 0o770])
        let rig = await JournalRig(folder)
        #expect(rig.opening == nil)
        try await waitForInterruption(rig, "chmod go-w")
        chmod(folder.file("state"), 0o700)
        _ = try await rig.takeOpening()
        await rig.journal.stop()
    }

    @Test("A directory of another user is not used, and says whose it is", .enabled(if: geteuid() == 0))
    func foreignDirectory() async throws {
        mkdir(folder.file("state"), 0o700)
        chown(folder.file("state"), 65534, 65534)
        let rig = await JournalRig(folder)
        #expect(rig.opening == nil)
        try await waitForInterruption(rig, "belongs to uid 65534")
        await rig.journal.stop()
    }

    @Test("A second daemon does not write to the same journal, and takes over when the first one ends")
    func second() async throws {
        let (rig, run) = try await rig()
        let second = await JournalRig(folder)
        #expect(second.opening == nil)
        try await waitForInterruption(second, "another sessiond uses")
        await rig.journal.stop()
        #expect(try await second.takeOpening().run > run)
        await second.journal.stop()
    }

    @Test("A journal of a newer version is left alone")
    func newer() async throws {
        let (rig, _) = try await rig()
        await rig.journal.stop()
        try SQLite.execute("INSERT INTO grdb_migrations VALUES ('99')", in: rig.path)
        let later = await JournalRig(folder)
        #expect(later.opening == nil)
        try await waitForInterruption(later, "newer sessiond")
        await later.journal.stop()
    }
}

/// A disk in memory that can be full, read-only and larger.
private final class SmallDisk {
    private let path: String

    init(_ path: String, kibibytes: Int) throws {
        self.path = path
        mkdir(path, 0o700)
        try Self.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(kibibytes)k,mode=0700", "tmpfs", path])
    }

    deinit {
        try? Self.run("/usr/bin/umount", ["--lazy", path])
    }

    func mount(_ options: String) throws {
        try Self.run("/usr/bin/mount", ["-o", options, path])
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        guard try ChildProcess.runBlocking(program, arguments).exitCode == 0 else {
            throw Timeout(description: "\(program) \(arguments) failed")
        }
    }
}
