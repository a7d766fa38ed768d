import Glibc
import NIOCore
import NIOPosix
import SessionModel
import Synchronization
import TestSupport
import Testing

@testable import SocketService

/// Large answers, slow readers and fast ones.
@Suite struct FlowTests {
    private func query(_ id: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"events.query","params":{"limit":1000}}"# + "\n"
    }

    private func list(_ id: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"session.list"}"# + "\n"
    }

    private func id(_ line: String) -> Int? {
        line.prefix(40).firstMatch(of: /"id":(\d+)/).flatMap { Int($0.1) }
    }

    /// Tells of a change of writability in the middle of each flush, as a channel does whose peer takes it all at once.
    private final class Flapping: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func flush(context: ChannelHandlerContext) {
            context.flush()
            context.fireChannelWritabilityChanged()
        }
    }

    @Test("An event costs one read of the log, however many subscriptions a connection has, and comes to each of them")
    func sharedRead() async throws {
        let rig = try await Rig(limits: .withoutBeats)
        let client = try rig.connect()
        let subscribe = #"{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}"# + "\n"
        try await client.send(String(repeating: subscribe, count: 60))
        _ = try await client.lines(60)
        for round in 1...20 {
            rig.log.append()
            let numbers = try await client.lines(60).compactMap { $0.firstMatch(of: /"subscription":(\d+)/)?.1 }
            #expect(Set(numbers).count == 60)
            #expect(rig.log.readCount.load(ordering: .relaxed) <= round + 1)
        }
        // Many at once come in several reads, in their order.
        rig.log.append(count: 30)
        var positions: [Substring: [Substring]] = [:]
        for line in try await client.lines(60 * 30) {
            let match = try #require(line.firstMatch(of: /"subscription":(\d+).*?"id":"([0-9a-f-]+)"/))
            positions[match.1, default: []].append(match.2)
        }
        #expect(positions.count == 60 && positions.values.allSatisfy { $0.count == 30 && $0 == $0.sorted() })
    }

    @Test("An answer whose writing makes the channel writable again is sent once")
    func reentrance() async throws {
        let (near, far) = try socketPair()
        let client = LineClient(descriptor: far)
        let rig = try await Rig()
        let backend = rig.backend
        let channel = try await ClientBootstrap(group: rig.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = PeerConnection(
                        backend: backend, access: AccessControl(PeerPolicy(daemonUID: 0)),
                        peer: Peer(pid: 1, uid: 0, gid: 0))
                    try channel.pipeline.syncOperations.addHandlers([Flapping(), connection])
                }
            }
            .withConnectedSocket(near)
            .get()
        try await client.send((1...10).map(query).joined())
        #expect(try await client.lines(10).map(id) == (1...10).map { $0 })
        try await client.send(query(11))
        #expect(id(try await client.line()) == 11)
        try await channel.close()
    }

    private func socketPair() throws -> (CInt, CInt) {
        var pair: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        return (pair[0], pair[1])
    }

    @Test("Answers larger than the write buffer come once each, whole and in order, to a reader that keeps up")
    func largeAnswers() async throws {
        let rig = try await Rig()
        rig.log.append(count: 4000)
        let client = try rig.connect()
        let reader = Task { try await client.lines(60).map { (id($0), $0.utf8.count) } }
        try await client.send((1...60).map(query).joined())
        let answers = try await reader.value
        #expect(answers.map(\.0) == (1...60).map { $0 })
        #expect(Set(answers.map(\.1)).count <= 2, "all are as long but for the width of their ids")
    }

    @Test("Long answers that come late are asked for a few at a time, and all come")
    func latePages() async throws {
        var limits = Limits()
        limits.waitingPagesPerConnectionMax = 4
        let rig = try await Rig(limits: limits, lookup: FakeLookup(holdsLists: true))
        let client = try rig.connect()
        try await client.send((1...100).map(list).joined())
        client.closeWriting()
        for _ in 0..<25 {
            try await eventually("the next pages") { rig.lookup.waitingCount >= 4 }
            #expect(rig.lookup.waitingCount == 4)
            rig.lookup.release()
        }
        #expect(Set(try await client.lines(100).map(id)) == Set(1...100))
        await #expect(throws: LineClient.Closed.self) { try await client.line() }
    }

    @Test("An answer that is too long for a line with its id is an error, and so is what no longer fits into a batch")
    func tooLongAnswers() async throws {
        var limits = Limits()
        limits.answerBytesMax = 192 * 1024
        let rig = try await Rig(limits: limits)
        rig.log.append(count: 700)
        let client = try rig.connect()
        try await client.send(query(1))
        let whole = try await client.line()
        #expect(id(whole) == 1 && whole.contains(#""result""#))
        let idBytes = limits.answerBytesMax - whole.utf8.count + 100
        try #require((1...60_000).contains(idBytes))
        let longID = "\"" + String(repeating: "x", count: idBytes) + "\""
        try await client.send(query(1).replacing(#""id":1"#, with: #""id":\#(longID)"#))
        let refused = try await client.line()
        #expect(refused.contains(longID) && refused.contains("-32603"))
        #expect(refused.utf8.count <= limits.answerBytesMax)
        let batch = (1...500).map { query($0).dropLast() }.joined(separator: ",")
        try await client.send("[\(batch)]\n")
        let answers = try await client.line()
        #expect(answers.utf8.count <= limits.answerBytesMax)
        #expect(answers.matches(of: /"jsonrpc"/).count == 500)
    }

    @Test("A heartbeat comes right behind an event, too, and none before the place where to begin is known")
    func heartbeats() throws {
        let log = FakeLog()
        log.append()
        let share = UserAccounts().account(of: 1, Limits()).subscriptions
        let feed = EventFeed(log: log, figures: SocketFigures(), share: share)
        _ = try feed.subscribe(EventFilter(), from: .oldest, by: .observe, after: nil)
        var output: [UInt8] = []
        feed.beat(to: &output)
        #expect(output.isEmpty)
        #expect(!feed.pump(to: &output, bytesMax: 1000) { _ in })
        #expect(!output.isEmpty)
        output = []
        feed.beat(to: &output)
        #expect(String(decoding: output, as: UTF8.self).contains("-0000000000000001"))
    }

    @Test(
        "What is no longer in memory is read from the log, each event once and in order, and one such read holds up nobody"
    )
    func olderEvents() async throws {
        let log = FakeLog(isAlwaysOld: true)
        log.append(count: 1000)
        let rig = try await Rig(log: log)
        let client = try rig.connect()
        for number in 1...2 {
            try await client.send(
                #"{"jsonrpc":"2.0","id":\#(number),"method":"events.subscribe","params":{"after":""}}"# + "\n")
        }
        var sequences: [Int: [Int]] = [1: [], 2: []]
        while sequences.values.contains(where: { $0.count < 1100 }) {
            let line = try await client.line()
            guard let match = line.firstMatch(of: /"subscription":(\d).*"id":"[0-9a-f]{16}-([0-9a-f]{16})"/),
                let subscription = Int(match.1), let sequence = Int(match.2, radix: 16)
            else { continue }
            sequences[subscription]?.append(sequence)
            if sequences[1]?.count == 500, sequences[1]?.last == sequence { log.append(count: 100) }
        }
        #expect(sequences[1] == Array(1...1100) && sequences[2] == Array(1...1100))
    }

    @Test("When events cannot be recorded, and when they can again, a heartbeat tells at once")
    func interruption() async throws {
        let log = FakeLog()
        let rig = try await Rig(log: log)
        let client = try rig.connect()
        try await client.send(#"{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}"# + "\n")
        _ = try await client.line()
        log.interrupt(JournalInterruption(since: 0, cause: "the disk is full"))
        #expect(try await client.line().contains(#""interrupted":"the disk is full""#))
        log.interrupt(nil)
        let line = try await client.line()
        #expect(line.contains("events.heartbeat") && !line.contains("interrupted"))
    }
}
