import SessiondClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct SubscriptionTests {
    private static let subscribed = #"{"subscription":1,"position":"\#(eventID(9))"}"#

    @Test("A lost connection ends the events with an error, after those that came")
    func lost() async throws {
        let server = ScriptedServer { peer, _ in
            peer.answer(peer.line(), Self.subscribed)
            peer.send(eventLine(10))
        }
        let connection = try await server.connect()
        var events = try await connection.subscribe().makeAsyncIterator()
        #expect(try await events.next()?.id == eventID(10))
        await #expect(throws: SessiondClientError.connectionClosed) { try await events.next() }
    }

    @Test("A subscription that the daemon ends says why, and other calls go on")
    func closed() async throws {
        let server = ScriptedServer { peer, _ in
            peer.answer(peer.line(), Self.subscribed)
            peer.send(
                #"{"jsonrpc":"2.0","method":"events.closed","params":{"subscription":1,"error":"#
                    + #"{"code":-32003,"message":"position_lost","data":{"oldest":"\#(eventID(20))"}}}}"# + "\n"
            )
            peer.answer(peer.line(), "1")
        }
        let connection = try await server.connect()
        var events = try await connection.subscribe().makeAsyncIterator()
        do {
            _ = try await events.next()
            Issue.record("an error")
        } catch .refused(let refusal) {
            #expect(refusal.code == RemoteError.Code.positionLost && refusal.oldest == eventID(20))
        }
        #expect(try await connection.call("x") == Array("1".utf8))
    }

    @Test("Events that arrive in the same read as the answer to subscribing are not lost")
    func sameRead() async throws {
        let server = ScriptedServer { peer, _ in
            let line = peer.line()
            let others =
                #"{"jsonrpc":"2.0","method":"new.kind","params":{"subscription":1}}"# + "\n"
                + eventLine(99, subscription: 2)
            let heartbeat =
                #"{"jsonrpc":"2.0","method":"events.heartbeat","params":{"subscription":1,"position":"\#(eventID(12))"}}"#
                + "\n"
            peer.send(
                #"{"jsonrpc":"2.0","id":\#(peer.id(of: line)),"result":\#(Self.subscribed)}"# + "\n" + eventLine(10)
                    + others
                    + eventLine(11) + heartbeat
            )
            _ = peer.line()
        }
        let connection = try await server.connect()
        let subscription = try await connection.subscribe(after: eventID(9))
        #expect(subscription.position == eventID(9))
        var updates = subscription.updates.makeAsyncIterator()
        for number in [10, 11, 12] {
            #expect(try await updates.next()?.position == eventID(number))
        }
    }

    @Test("Whoever stops reading is unsubscribed")
    func abandoned() async throws {
        let notes = Notes()
        let server = ScriptedServer { peer, _ in
            peer.answer(peer.line(), Self.subscribed)
            let line = peer.line()
            notes.add("\(peer.method(of: line)) \(peer.params(of: line)["subscription"] as? Int ?? 0)")
            peer.answer(line, "{}")
            _ = peer.line()
        }
        let connection = try await server.connect()
        _ = try await connection.subscribe()
        #expect(await notes.wait { $0 == ["events.unsubscribe 1"] })
        await connection.close()
    }

    @Test("A subscription whose answer comes too late is ended")
    func lateAnswer() async throws {
        let notes = Notes()
        let server = ScriptedServer { peer, _ in
            let line = peer.line()
            guard peer.line() != nil else {
                return
            }
            peer.answer(line, Self.subscribed)
            notes.add(peer.method(of: peer.line()))
            _ = peer.line()
        }
        let connection = try await server.connect()
        await #expect(throws: SessiondClientError.self) { try await connection.subscribe(timeout: .milliseconds(10)) }
        await #expect(throws: SessiondClientError.self) { try await connection.call("x", timeout: .milliseconds(10)) }
        #expect(await notes.wait { $0 == ["events.unsubscribe"] })
    }

    @Test("A reader that does not read makes the daemon wait, yet a call on the same connection is answered")
    func backpressure() async throws {
        let count = 60_000
        let notes = Notes()
        let server = ScriptedServer { peer, _ in
            peer.answer(peer.line(), Self.subscribed)
            // More than the buffers of the kernel and of the client take together.
            for number in 0..<20_000 {
                if notes.all.isEmpty, peer.isBlocked() {
                    notes.add("blocked")
                }
                peer.send(eventLine(number))
            }
            notes.add("sent")
            peer.answer(peer.line(), "1")
            for number in 20_000..<count {
                peer.send(eventLine(number))
            }
            _ = peer.line()
        }
        let connection = try await server.connect()
        var events = try await connection.subscribe().makeAsyncIterator()
        #expect(await notes.wait { !$0.isEmpty })
        #expect(notes.all == ["blocked"])
        #expect(try await connection.call("x", timeout: .seconds(30)) == Array("1".utf8))
        for number in 0..<count {
            guard try await events.next()?.id == eventID(number) else {
                Issue.record("event \(number)")
                return
            }
        }
    }
}
