import SessionModel
import Testing

@Suite struct EventFilterTests {
    private let first = fingerprint("first")
    private let second = fingerprint("second")
    private let third = fingerprint("third")

    @Test("A filter that says nothing keeps the frequent types away, and lets all others pass")
    func everything() {
        var filter = EventFilter()
        for event in Sample.everyKind {
            let passes = filter.admits(event)
            #expect(passes == !EventType.activity.contains(event.type), "\(event.type)")
        }
        #expect(!filter.wantsActivity)
    }

    @Test("Types let nothing else pass, link events neither", arguments: Sample.everyKind.map(\.type))
    func types(type: EventType) {
        var filter = EventFilter(types: [type])
        let passed = Sample.everyKind.filter { filter.admits($0) }.map(\.type)
        #expect(passed == [type])
        #expect(filter.wantsActivity == (type == .renewed || type == .changed))
    }

    @Test("A user's filter lets the user's events and the link's pass")
    func user() {
        var filter = EventFilter(userID: UserID("1"))
        let passed = Sample.everyKind.filter { filter.admits($0) }.map(\.type)
        #expect(passed == [.login, .logout, .userOnline, .userOffline, .link])
        var other = EventFilter(userID: UserID("2"))
        let others = Sample.everyKind.filter { other.admits($0) }.map(\.type)
        #expect(others == [.link])
    }

    @Test("A session's filter lets the session's events and the link's pass, but no user's")
    func session() {
        var filter = EventFilter(session: fingerprint("a"))
        let passed = Sample.everyKind.filter { filter.admits($0) }.map(\.type)
        #expect(passed == [.login, .logout, .rejected, .link])
        var other = EventFilter(session: fingerprint("b"))
        let others = Sample.everyKind.filter { other.admits($0) }.map(\.type)
        #expect(others == [.link])
    }

    @Test("A followed session is followed through every rotation, even where the types hide the rotation itself")
    func rotations() {
        let rest: [SessionEvent] = [
            Sample.login(third), Sample.login(second, .rotated(previous: first)), Sample.logout(first, .rotated),
            Sample.login(third, .rotated(previous: second)), Sample.logout(second, .rotated),
            Sample.logout(third, .deleted), Sample.logout(fingerprint("fourth"), .deleted),
        ]
        var filter = EventFilter(types: [.logout], session: first)
        let passed = rest.filter { filter.admits($0) }
        #expect(passed == [rest[2], rest[4], rest[5]])
    }

    @Test("Times are compared with the event's, the first inclusive and the last exclusive")
    func times() {
        var filter = EventFilter()
        filter.since = 1000
        filter.until = 2000
        let passed = [Int64(999), 1000, 1999, 2000].filter { time in
            var event = Sample.login(first)
            event.time = time
            return filter.admits(event)
        }
        #expect(passed == [1000, 1999])
    }
}
