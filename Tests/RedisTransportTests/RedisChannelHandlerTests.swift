import NIOCore
import NIOEmbedded
import RESP
import Testing

@testable import RedisTransport

/// One connection's replies and messages.
@Suite struct RedisChannelHandlerTests {
    private final class Bench {
        let channel = EmbeddedChannel()
        let handler: RedisChannelHandler
        var results: [Result<[RESPValue], RedisFailure>] = []
        var pushes: [[RESPValue]] = []

        init() throws {
            handler = try RedisChannelHandler()
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
            handler.pushed = { [unowned self] in pushes.append($0) }
        }

        func send(_ commands: [String]...) {
            handler.send(commands.map { $0.map { Array($0.utf8) } }) { [unowned self] in results.append($0) }
        }

        func receive(_ text: String) throws {
            try channel.writeInbound(ByteBuffer(string: text))
        }
    }

    @Test("Bytes that are no RESP end the connection, and those who wait are told why")
    func garbage() throws {
        let bench = try Bench()
        bench.send(["PING"])
        try bench.receive("HTTP/1.1 400 Bad Request\r\n\r\n")
        guard case .failure(.protocolViolation)? = bench.results.first else {
            Issue.record("\(bench.results)")
            return
        }
        #expect(!bench.channel.isActive)
    }

    @Test("A TLS alert instead of a first reply is known for what it is, and no such thing later")
    func alert() throws {
        let alert = ByteBuffer(bytes: [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])
        let bench = try Bench()
        bench.send(["PING"])
        try bench.channel.writeInbound(alert)
        #expect(bench.handler.failure == .tlsWanted)
        let spoken = try Bench()
        spoken.send(["PING"])
        spoken.send(["PING"])
        try spoken.receive("+PONG\r\n")
        try spoken.channel.writeInbound(alert)
        guard case .protocolViolation? = spoken.handler.failure else {
            Issue.record("\(String(describing: spoken.handler.failure))")
            return
        }
    }

    @Test("What came before bytes that are no RESP is given out")
    func garbageBehind() throws {
        let bench = try Bench()
        bench.send(["PING"])
        try bench.receive("+PONG\r\n>1\r\n+push\r\n")
        #expect(try bench.results.map { try $0.get() } == [[.status(Array("PONG".utf8))]])
        #expect(!bench.channel.isActive)
    }

    @Test("A reply that drips in is silence, one that streams in is none")
    func dripping() throws {
        let bench = try Bench()
        bench.send(["GET", "a"])
        let later = NIODeadline.now() + .seconds(100)
        let silence = bench.handler.silence(at: later)
        try bench.receive("$1000000\r\n")
        for _ in 0..<100 { try bench.receive("x") }
        #expect(bench.handler.silence(at: later) == silence)
        try bench.receive(String(repeating: "x", count: 70_000))
        #expect(bench.handler.silence(at: later) < silence)
    }

    @Test("A reply to no command ends the connection")
    func unasked() throws {
        let bench = try Bench()
        try bench.receive("+OK\r\n")
        #expect(!bench.channel.isActive)
        #expect(bench.handler.failure == .protocolViolation("the server sent a reply to no command"))
    }

    @Test("Replies go to their commands in order, however they are split", arguments: 1...12)
    func pipelined(step: Int) throws {
        let bench = try Bench()
        bench.send(["GET", "a"], ["PTTL", "a"])
        bench.send(["PING"])
        let text = Array("$3\r\nabc\r\n:-1\r\n+PONG\r\n".utf8)
        for start in stride(from: 0, to: text.count, by: step) {
            try bench.channel.writeInbound(ByteBuffer(bytes: text[start..<min(start + step, text.count)]))
        }
        #expect(
            try bench.results.map { try $0.get() } == [
                [.string(Array("abc".utf8)), .integer(-1)], [.status(Array("PONG".utf8))],
            ])
    }

    @Test("Messages between replies are given to the subscriber, a PONG of a subscribed connection to who asked")
    func pushes() throws {
        let bench = try Bench()
        bench.send(["PING"])
        try bench.receive("*4\r\n$8\r\npmessage\r\n$1\r\np\r\n$1\r\nc\r\n$3\r\nset\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n")
        #expect(bench.pushes.count == 1)
        #expect(bench.pushes.first?.last == .string(Array("set".utf8)))
        #expect(bench.results.count == 1)
    }

    @Test("When the connection ends, everybody who waits is told, and whoever comes later")
    func end() throws {
        let bench = try Bench()
        bench.send(["PING"])
        bench.handler.close(.silent(seconds: 5))
        bench.send(["PING"])
        #expect(bench.results.count == 2)
        for result in bench.results {
            #expect(throws: RedisFailure.silent(seconds: 5)) { try result.get() }
        }
    }
}
