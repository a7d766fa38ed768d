import Foundation
import SessionModel
import TestSupport
import Testing

@testable import SocketService

/// What goes over one connection, in which order, and within which bounds.
@Suite struct PeerConnectionTests {
    private func identity(_ id: Int, _ key: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"session.identity","params":{"session_key":"\#(key)"}}"#
    }

    private func subscribe(_ id: Int, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"events.subscribe","params":\#(params)}"#
    }

    private func id(_ line: String) -> Int? {
        line.firstMatch(of: /"id":(\d+)/).flatMap { Int($0.1) }
    }

    @Test(
        "An over-long line is told after the answers to the lines before it, those too that come late; then it is over")
    func tooLong() async throws {
        let rig = try await Rig()
        let client = try rig.connect()
        try await client.send(
            identity(1, "waits") + "\n" + identity(2, "known") + "\n" + String(repeating: "x", count: 70_000))
        #expect(id(try await client.line()) == 2)
        try await eventually("the lookup") { rig.lookup.waitingCount == 1 }
        rig.lookup.release()
        #expect(id(try await client.line()) == 1)
        #expect(
            try await client.line().contains(
                #""id":null,"error":{"code":-32600,"message":"Invalid Request","data":{"limit_bytes":65536}}"#))
        await #expect(throws: LineClient.Closed.self) { try await client.line() }
    }

    @Test("After a half-close complete lines are answered, half a line is not, and then it is over")
    func halfClose() async throws {
        let rig = try await Rig()
        let client = try rig.connect()
        try await client.send(identity(1, "waits") + "\n" + identity(2, "known"))
        client.closeWriting()
        try await eventually("the lookup") { rig.lookup.waitingCount == 1 }
        rig.lookup.release()
        #expect(id(try await client.line()) == 1)
        await #expect(throws: LineClient.Closed.self) { try await client.line() }
    }

    @Test("Answers from memory keep the order of their requests, however many come at once")
    func pipeline() async throws {
        let rig = try await Rig()
        let client = try rig.connect()
        try await client.send((1...5000).map { identity($0, "known\($0)") + "\n" }.joined())
        #expect(try await client.lines(5000).map(id) == (1...5000).map { $0 })
    }

    @Test("A batch is answered in one line when its last answer has come; others overtake it")
    func lateBatch() async throws {
        let rig = try await Rig()
        let client = try rig.connect()
        try await client.send("[\(identity(1, "known")),\(identity(2, "waits"))]\n\(identity(3, "known"))\n")
        #expect(id(try await client.line()) == 3)
        try await eventually("the lookup") { rig.lookup.waitingCount == 1 }
        rig.lookup.release()
        let batch = try await client.line()
        #expect(batch.hasPrefix("[{") && batch.contains(#""id":1"#) && batch.contains(#""id":2"#))
    }

    @Test("The events of a subscription come after the answer to it, in a batch after the batch's line")
    func subscribeInBatch() async throws {
        let rig = try await Rig()
        rig.log.append(count: 3)
        let client = try rig.connect()
        try await client.send("[\(subscribe(1, #"{"after":""}"#)),\(identity(2, "waits"))]\n")
        try await eventually("the lookup") { rig.lookup.waitingCount == 1 }
        rig.log.append()
        rig.lookup.release()
        #expect(try await client.line().hasPrefix("["))
        let events = try await client.lines(4)
        #expect(
            events.allSatisfy {
                $0.hasPrefix(#"{"jsonrpc":"2.0","method":"event","params":{"subscription":1,"event":{"#)
            })
        try await client.send(
            #"{"jsonrpc":"2.0","id":9,"method":"events.unsubscribe","params":{"subscription":1}}"# + "\n")
        #expect(try await client.line() == #"{"jsonrpc":"2.0","id":9,"result":{}}"#)
        rig.log.append()
        try await client.send(identity(10, "known") + "\n")
        #expect(id(try await client.line()) == 10)
    }

    @Test("A quiet subscription hears a heartbeat with its position")
    func heartbeat() async throws {
        var limits = Limits()
        limits.heartbeatSeconds = 1
        let rig = try await Rig(limits: limits)
        rig.log.append(count: 2)
        let client = try rig.connect()
        try await client.send(subscribe(1) + "\n")
        #expect(try await client.line().contains(#""position":"0000000000000001-0000000000000002""#))
        #expect(
            try await client.line()
                == #"{"jsonrpc":"2.0","method":"events.heartbeat","params":{"subscription":1,"position":"0000000000000001-0000000000000002"}}"#
        )
    }

    @Test("A reader that stalls until the log has moved on is told that its position is lost")
    func positionLost() async throws {
        let rig = try await Rig(log: FakeLog(capacity: 100))
        let client = try rig.connect()
        try await client.send(subscribe(1) + "\n")
        _ = try await client.line()
        let other = try rig.connect()
        try await other.send(subscribe(1) + "\n")
        _ = try await other.line()
        // More than the socket and the write buffer take, while the first one does not read.
        for _ in 0..<200 {
            rig.log.append(count: 50)
            for _ in 0..<50 { _ = try await other.line() }
        }
        var last = try await client.line()
        while !last.contains(#""method":"events.closed""#) { last = try await client.line() }
        #expect(last.contains("-32003"))
        try await client.send(identity(7, "known") + "\n")
        #expect(id(try await client.line()) == 7)
    }

    @Test("More lookups than may wait are overloaded, and the others are answered")
    func overloaded() async throws {
        var limits = Limits()
        limits.requestsInFlightMax = 2
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        try await client.send((1...3).map { identity($0, "waits\($0)") + "\n" }.joined())
        let refused = try await client.line()
        #expect(id(refused) == 3 && refused.contains("-32004"))
        rig.lookup.release()
        #expect(Set(try await client.lines(2).map(id)) == [1, 2])
    }

    @Test("More subscriptions than allowed are overloaded")
    func subscriptionLimit() async throws {
        var limits = Limits()
        limits.subscriptionsPerConnectionMax = 2
        let rig = try await Rig(limits: limits)
        let client = try rig.connect()
        try await client.send((1...3).map { subscribe($0) + "\n" }.joined())
        #expect(try await client.lines(3).last?.contains("-32004") == true)
        #expect(rig.figures.values.subscriptions == 2)
    }

    @Test("Who is neither root nor the daemon's user may identify, and nothing else")
    func rights() async throws {
        let peer = Peer(pid: 1, uid: 4242, gid: 4242)
        let policy = PeerPolicy(daemonUID: 17)
        #expect(policy.grant(to: peer).rights == .identify)
        #expect(policy.grant(to: Peer(pid: 1, uid: 17, gid: 4242)).rights == .all)
        #expect(policy.grant(to: Peer(pid: 1, uid: 0, gid: 0)).rights == .all)
        for method in Method.allCases {
            let needed = method.right(namesKey: false)
            #expect(Rights.all.isSuperset(of: needed))
            if [.get, .list, .userSessions, .subscribe, .query].contains(method) {
                #expect(!Rights.identify.isSuperset(of: needed), "\(method)")
            }
        }
        #expect(Method.subscribe.right(namesKey: true) == .identify)
    }

    @Test("What a connection held is given back when it ends")
    func end() async throws {
        let rig = try await Rig()
        do {
            let client = try rig.connect()
            try await client.send(subscribe(1) + "\n")
            _ = try await client.line()
            #expect(rig.figures.values.connections == 1)
            #expect(rig.log.watcherCount == 1)
            client.closeWriting()
        }
        // A connection whose peer is gone is noticed at the next event at the latest.
        try await eventually("the end of the connection") {
            rig.log.append()
            return rig.figures.values.connections == 0 && rig.log.watcherCount == 0
        }
        #expect(rig.figures.values.subscriptions == 0)
    }

    @Test("A stop closes the connections and removes the file")
    func stop() async throws {
        let rig = try await Rig()
        let client = try rig.connect()
        try await client.send(identity(1, "known") + "\n")
        _ = try await client.line()
        await rig.stop()
        await #expect(throws: LineClient.Closed.self) { try await client.line() }
        #expect(!FileManager.default.fileExists(atPath: rig.path))
    }
}
