import SessionModel
import TestSupport
import Testing

@testable import SessionDirectory

/// Pages of live sessions, and the queues behind expiry.
@Suite struct ListingTests {
    @Test("Logins and logouts without end leave nothing behind")
    func churn() {
        var scene = Scene()
        for round in 0..<3000 {
            scene.set("k\(round)", Scene.payload("\(round % 10)"))
            scene.answer()
            scene.delete("k\(round)")
        }
        #expect(scene.machine.list(SessionListQuery(userID: nil, limit: 10, after: nil)).sessions.isEmpty)
        #expect(scene.machine.figures.sessions == SessionCounts())
        #expect(scene.machine.figures.userCount == 0)
        // The places of sessions that are gone are swept out as they outnumber the others.
        #expect(scene.machine.deadlineCount <= 1025)
    }

    @Test(
        "A session comes up when it expires and not before, whatever was written, renewed and removed", arguments: 0..<5
    )
    func deadlines(seed: UInt64) {
        let table = SessionTable()
        var watch = DeadlineWatch()
        var random = SeededGenerator(seed: seed)
        var uptime: Int64 = 1000
        var deadlines: [SessionKey: Int64] = [:]
        for _ in 0..<4000 {
            let key = Scene.key("\(Int.random(in: 0..<300, using: &random))")
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                table.remove(key)
                deadlines[key] = nil
            case 1...4:
                let deadline = uptime + Int64.random(in: 1...600_000, using: &random)
                let entry = SessionEntry(
                    session: Fingerprint(of: key), standing: .anonymous(isEmpty: false), epoch: .none,
                    deadline: deadline,
                    changedAt: 0, firstSeenAt: 0, valueDigest: 0)
                watch.note(deadline, of: table.store(entry, for: key).place, in: table, at: uptime)
                deadlines[key] = deadline
            default:
                let next = watch.next(isTableEmpty: table.count == 0) ?? uptime
                uptime = max(uptime, min(next, uptime + Int64.random(in: 0...3000, using: &random)))
                watch.sweep(table, at: uptime)
                while let place = watch.popDue(at: uptime) {
                    guard let deadline = table.queuedDeadline(at: place), let key = table.key(at: place) else {
                        continue
                    }
                    table.setQueued(false, at: place)
                    if deadline <= uptime {
                        #expect(deadlines.removeValue(forKey: key) == deadline)
                        table.remove(key)
                    } else {
                        watch.note(deadline, of: place, in: table, at: uptime)
                    }
                }
                #expect(deadlines.values.allSatisfy { $0 > uptime })
            }
        }
    }
}
