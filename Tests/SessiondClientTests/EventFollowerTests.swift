import SessiondClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventFollowerTests {
    private let backoff = EventFollower.Backoff(first: .milliseconds(1), longest: .milliseconds(4))

    /// Answers a subscribe and notes its position.
    private static func subscribe(_ peer: ScriptedServer.Peer, _ notes: Notes, position: Int) {
        let line = peer.line()
        notes.add(peer.params(of: line)["after"] as? String ?? "-")
        peer.answer(line, #"{"subscription":1,"position":"\#(eventID(position))"}"#)
    }

    @Test("Where nothing can be reached at first, it says so instead of trying on")
    func notThere() async {
        var steps = EventFollower(path: "/nonexistent/sessiond.sock").makeAsyncIterator()
        await #expect(throws: SessiondClientError.noSocket(path: "/nonexistent/sessiond.sock")) {
            try await steps.next()
        }
    }

    @Test("A missing right is not tried again")
    func forbidden() async throws {
        let server = ScriptedServer { peer, _ in
            peer.refuse(peer.line(), #"{"code":-32002,"message":"forbidden","data":{"right":"observe"}}"#)
        }
        var steps = EventFollower(path: server.path, backoff: backoff).makeAsyncIterator()
        do {
            _ = try await steps.next()
            Issue.record("an error")
        } catch .refused(let refusal) {
            #expect(refusal.right == "observe")
        }
    }

    @Test("After a lost connection it resumes behind the last event, or the last heartbeat")
    func resumes() async throws {
        let notes = Notes()
        let server = ScriptedServer { peer, number in
            Self.subscribe(peer, notes, position: 9)
            switch number {
            case 0: break
            case 1: peer.send(eventLine(10))
            case 2:
                peer.send(
                    #"{"jsonrpc":"2.0","method":"events.heartbeat","params":{"subscription":1,"position":"\#(eventID(15))"}}"#
                        + "\n"
                )
            default: _ = peer.line()
            }
        }
        var told: [String] = []
        for try await step in EventFollower(path: server.path, backoff: backoff) {
            switch step {
            case .subscribed(let position): told.append("subscribed \(position.suffix(2))")
            case .update(let update): told.append("update \(update.position.suffix(2))")
            case .interrupted: told.append("interrupted")
            case .positionLost: told.append("lost")
            }
            if told.count == 9 {
                break
            }
        }
        #expect(
            told == [
                "subscribed 09", "interrupted", "subscribed 09", "update 10", "interrupted", "subscribed 10",
                "update 15",
                "interrupted", "subscribed 15",
            ]
        )
        #expect(notes.all == ["-", eventID(9), eventID(10), eventID(15)])
    }

    @Test("Where the position is lost it says so and goes on with the oldest held, at subscribing and later")
    func positionLost() async throws {
        let notes = Notes()
        let lost = #"{"code":-32003,"message":"position_lost","data":{"oldest":"\#(eventID(30))"}}"#
        let server = ScriptedServer { peer, number in
            switch number {
            case 0:
                let line = peer.line()
                notes.add(peer.params(of: line)["after"] as? String ?? "-")
                peer.refuse(line, lost)
            case 1:
                Self.subscribe(peer, notes, position: 40)
                peer.send(eventLine(30))
                peer.send(
                    #"{"jsonrpc":"2.0","method":"events.closed","params":{"subscription":1,"error":\#(lost)}}"# + "\n"
                )
                _ = peer.line()
            default:
                Self.subscribe(peer, notes, position: 40)
                _ = peer.line()
            }
        }
        var steps = EventFollower(path: server.path, after: eventID(1), backoff: backoff).makeAsyncIterator()
        #expect(try await steps.next() == .positionLost(oldest: eventID(30)))
        #expect(try await steps.next() == .subscribed(position: ""))
        guard case .update(.event(let event)) = try await steps.next() else {
            Issue.record("an event")
            return
        }
        #expect(event.id == eventID(30))
        #expect(try await steps.next() == .positionLost(oldest: eventID(30)))
        #expect(try await steps.next() == .subscribed(position: ""))
        #expect(notes.all == [eventID(1), "", ""])
    }

    @Test("A daemon that is not ready yet is asked again, and a cancelled follower ends")
    func notReady() async throws {
        let server = ScriptedServer { peer, number in
            let line = peer.line()
            guard number > 0 else {
                peer.refuse(line, #"{"code":-32001,"message":"unavailable","data":{"retry_after_ms":1,"cause":"x"}}"#)
                return
            }
            peer.answer(line, #"{"subscription":1,"position":"\#(eventID(9))"}"#)
            _ = peer.line()
        }
        let follower = EventFollower(path: server.path, backoff: backoff)
        let notes = Notes()
        let task = Task {
            for try await step in follower {
                if case .subscribed = step {
                    notes.add("subscribed")
                }
            }
            notes.add("end")
        }
        #expect(await notes.wait { $0 == ["subscribed"] })
        task.cancel()
        try await task.value
        #expect(notes.all == ["subscribed", "end"])
    }
}
