import SessionModel
import Testing

@testable import RedisTransport

/// Which events are published by whoever takes over.
@Suite struct StreamTakeoverTests {
    private static let now: Int64 = 1_700_000_000_000
    private var sequence: UInt64 = 0

    private func event(
        _ sequence: UInt64, _ kind: SessionEvent.Kind, of name: String?, at time: Int64
    ) -> RecordedEvent {
        let subject = name.flatMap { SessionKey($0) }.map { Fingerprint(of: $0) }
        let event = SessionEvent(
            id: EventID(run: 1, sequence: sequence), time: Self.now + time, subject: subject, kind: kind)
        return RecordedEvent(id: event.id, json: event.cloudEvent(source: "urn:uuid:x"))
    }

    private func login(
        _ sequence: UInt64, _ name: String, at time: Int64, _ cause: LoginCause = .created
    ) -> RecordedEvent {
        event(
            sequence, .login(userID: UserID("1"), backend: "b", expiresAt: nil, cause: cause), of: name, at: time)
    }

    private func logout(_ sequence: UInt64, _ name: String, at time: Int64) -> RecordedEvent {
        let loginID = EventID(run: 1, sequence: 1)
        return event(
            sequence, .logout(userID: UserID("1"), backend: "b", loginID: loginID, reason: .deleted), of: name,
            at: time)
    }

    private func unpublished(_ events: [RecordedEvent], behind published: [RecordedEvent]) -> [UInt64] {
        var takeover = StreamTakeover(completeUntil: Self.now)
        for event in published { takeover.add(event.json) }
        return takeover.unpublished(events).map(\.id.sequence)
    }

    @Test(
        "What the other one has published is left out, though it has other ids and was told a little earlier or later")
    func published() {
        let others = [login(91, "a", at: -2000), logout(92, "a", at: -1000), login(93, "b", at: -500)]
        let ours = [
            login(1, "a", at: -1990), logout(2, "a", at: -1001), login(3, "b", at: -480), logout(4, "b", at: 100),
        ]
        #expect(unpublished(ours, behind: others) == [4])
    }

    @Test("Of a session that flaps, what comes behind the last published event is unpublished")
    func flapping() {
        let others = [login(91, "a", at: -900), logout(92, "a", at: -800), login(93, "a", at: -700)]
        let ours = [
            login(1, "a", at: -899), logout(2, "a", at: -799), login(3, "a", at: -699), logout(4, "a", at: -600),
            login(5, "a", at: -500),
        ]
        #expect(unpublished(ours, behind: others) == [4, 5])
        #expect(unpublished(ours, behind: Array(others.prefix(1))) == [2, 3, 4, 5])
        #expect(unpublished(ours, behind: []) == [1, 2, 3, 4, 5])
    }

    @Test("What was only found when this daemon caught up, the other one has seen itself, unless it was gone")
    func found() {
        let ours = [login(1, "a", at: -100, .discovered), login(2, "b", at: 100, .discovered)]
        #expect(unpublished(ours, behind: []) == [2])
    }

    @Test("Events of users and of sessions are looked up apart, those of the link are each daemon's own")
    func subjects() {
        let online = event(2, .userOnline(UserID("1")), of: nil, at: -10)
        let link = event(3, .link(.lost, gapMilliseconds: nil), of: nil, at: 10)
        #expect(unpublished([login(1, "a", at: -10), online, link], behind: [login(91, "a", at: -9)]) == [2])
    }

    @Test("No session is logged in twice, whatever the clocks say")
    func alternating() {
        let others = [login(91, "a", at: -100)]
        #expect(unpublished([login(1, "a", at: 8000), logout(2, "a", at: 8001)], behind: others) == [2])
    }
}
