import SessionModel
import TestSupport
import Testing

@testable import SessionDirectory

/// Pages of live sessions, and the queues behind expiry.
@Suite struct ListingTests {
    @Test("Pages hold every session once, whatever comes and goes between them", arguments: [1, 3, 7, 100])
    func pages(limit: Int) {
        var sessions = LiveSessions()
        var ordinals: [UInt64] = []
        for number in 0..<50 { ordinals.append(sessions.add(Scene.key("\(number)"), of: UserID("\(number % 3)"))) }
        var seen: [SessionKey] = []
        var after: UInt64?
        var removed = 0
        while true {
            let page = sessions.keys(of: nil, after: after, limit: limit)
            seen += page.prefix(limit).map(\.key)
            guard page.count > limit else { break }
            after = page[limit - 1].ordinal
            // What is behind the page goes, what is new comes at the end.
            sessions.remove(ordinals[removed], of: UserID("\(removed % 3)"))
            removed += 1
        }
        #expect(Set(seen).count == seen.count)
        #expect(seen.count == 50)
    }

    @Test("A user's sessions are the user's alone, and nobody's when the last one has gone")
    func ofUser() {
        var sessions = LiveSessions()
        let first = sessions.add(Scene.key("a"), of: UserID("1"))
        _ = sessions.add(Scene.key("b"), of: UserID("2"))
        #expect(sessions.keys(of: UserID("1"), after: nil, limit: 10).map(\.key) == [Scene.key("a")])
        sessions.remove(first, of: UserID("1"))
        sessions.remove(first, of: UserID("1"))
        #expect(sessions.keys(of: UserID("1"), after: nil, limit: 10).isEmpty)
        #expect(sessions.userCount == 1)
        #expect(sessions.count == 1)
    }

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

    @Test("Deadlines come up in their order, at their time and not before")
    func deadlines() {
        var queue = DeadlineQueue()
        var random = SeededGenerator(seed: 1)
        for number in 0..<100 { queue.schedule(Scene.key("\(number)"), at: Int64.random(in: 0..<1000, using: &random)) }
        #expect(queue.popDue(at: -1) == nil)
        var last: Int64 = -1
        while let place = queue.popDue(at: 500) {
            #expect(place.deadline >= last && place.deadline <= 500)
            last = place.deadline
        }
        #expect(queue.next.map { $0 > 500 } ?? true)
    }
}
