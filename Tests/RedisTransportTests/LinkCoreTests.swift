import NIOCore
import NIOEmbedded
import RESP
import SessionModel
import Testing

@testable import RedisTransport

/// The link's working part between two connections whose other ends a test plays.
@Suite struct LinkCoreTests {
    private final class Bench {
        let loop = EmbeddedEventLoop()
        let consumer = RecordingConsumer()
        let core: LinkCore<RecordingConsumer>

        init() throws {
            let settings = LinkSettings(
                endpoint: try RedisEndpoint(url: "redis://h"), keyPattern: .default, stalenessMax: 1000,
                timeout: .seconds(3600), mayConfigureRedis: false
            )
            core = LinkCore(settings: settings, consumer: consumer)
        }

        /// A connection that is up.
        func connection() throws -> (channel: EmbeddedChannel, handler: RedisChannelHandler) {
            let channel = EmbeddedChannel(loop: loop)
            let handler = try RedisChannelHandler()
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
            return (channel, handler)
        }

        func asking() throws -> EmbeddedChannel {
            let (channel, handler) = try connection()
            core.askingEstablished(handler, on: loop)
            return channel
        }

        func subscribed(_ assurance: NotificationAssurance = .verified) throws -> EmbeddedChannel {
            let (channel, handler) = try connection()
            core.subscribe(handler, assurance, on: loop) { _ in }
            try channel.writeInbound(ByteBuffer(string: "*3\r\n$10\r\npsubscribe\r\n$1\r\np\r\n:1\r\n"))
            return channel
        }
    }

    private static let pong = "+PONG\r\n"

    private static func page(next: String, _ key: String) -> String {
        "*2\r\n$\(next.count)\r\n\(next)\r\n*1\r\n$17\r\ndjango_sessions:\(key)\r\n"
    }

    @Test("A page that a new subscription's scan finds under way neither continues nor ends that scan")
    func overtakenScan() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        try asking.writeInbound(ByteBuffer(string: Self.pong))
        _ = try bench.subscribed()
        // The first scan's page is not answered when the subscription goes and comes back.
        bench.core.subscribingLost(.closedByServer)
        _ = try bench.subscribed()
        #expect(bench.consumer.calls.filter { $0 == "scan started" }.count == 2)
        try asking.writeInbound(ByteBuffer(string: Self.page(next: "0", "a")))
        #expect(!bench.consumer.calls.contains("scan ended"), "the old page was the last of the old scan only")
        #expect(bench.consumer.found.isEmpty)
        try asking.writeInbound(ByteBuffer(string: Self.page(next: "0", "b")))
        #expect(bench.consumer.calls.last == "scan ended")
        #expect(bench.consumer.found == [try #require(SessionKey("b"))])
    }

    /// What is known of the flags, what they turn out to be, and whether that ends the subscription.
    private static let rechecks: [(NotificationAssurance, String, Bool)] = [
        (.verified, "gxK", true), (.verified, "", true), (.verified, "AKE", false),
        (.missing, "AK", true), (.missing, "gK", false),
    ]

    @Test("Flags that somebody takes away or sets in mid-flight make the subscription begin anew", arguments: rechecks)
    func recheck(assurance: NotificationAssurance, flags: String, ends: Bool) throws {
        let bench = try Bench()
        let subscribing = try bench.subscribed(assurance)
        let asking = try bench.asking()
        let name = NotificationFlags.parameter
        // The answers to SCAN, PING and, behind it, CONFIG GET.
        try asking.writeInbound(ByteBuffer(string: Self.pong + Self.page(next: "0", "a")))
        try asking.writeInbound(
            ByteBuffer(string: "*2\r\n$\(name.count)\r\n\(name)\r\n$\(flags.count)\r\n\(flags)\r\n")
        )
        #expect(subscribing.isActive != ends)
        #expect(asking.isActive)
    }

    @Test("A lost asking connection begins the scan anew, a lost subscription ends it")
    func restartedScan() throws {
        let bench = try Bench()
        let first = try bench.asking()
        try first.writeInbound(ByteBuffer(string: Self.pong))
        _ = try bench.subscribed()
        try first.writeInbound(ByteBuffer(string: Self.page(next: "7", "a")))
        bench.core.askingLost(.closedByServer)
        let second = try bench.asking()
        try second.writeInbound(ByteBuffer(string: Self.pong + Self.page(next: "0", "b")))
        #expect(bench.consumer.calls.filter { $0 == "scan started" }.count == 2)
        #expect(bench.consumer.calls.last == "scan ended")
        bench.core.subscribingLost(.closedByServer)
        #expect(bench.consumer.calls.last == "subscription lost: Redis closed the connection")
        #expect(bench.core.reconnects == 2)
    }

    @Test("Nothing to fetch sends nothing")
    func nothing() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        _ = try asking.readOutbound(as: ByteBuffer.self)
        bench.core.fetch([])
        #expect(try asking.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("A key of another type is read again by GET, and one that stays in between counts as absent")
    func otherTypes() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        let keys = try ["list", "string", "new"].map { try #require(SessionKey($0)) }
        bench.core.fetch(keys)
        try asking.writeInbound(ByteBuffer(string: Self.pong + "*3\r\n$-1\r\n$1\r\nv\r\n$-1\r\n:-1\r\n:70\r\n:-1\r\n"))
        #expect(bench.consumer.values.count == 1)
        try asking.writeInbound(ByteBuffer(string: "-WRONGTYPE x\r\n:-1\r\n$-1\r\n:-1\r\n"))
        #expect(keys.map { bench.consumer.values[$0]?.content } == [.otherType, .string([0x76]), .absent])
        #expect(bench.consumer.values[keys[1]]?.expiry == .after(milliseconds: 70))
    }

    @Test("A key that outlives the calendar does not outlive arithmetic")
    func endless() {
        let value = StoredValue(value: .string([1]), timeToLive: .integer(.max), askedAt: 9)
        guard case .after(let milliseconds)? = value?.expiry else {
            Issue.record("\(String(describing: value?.expiry))")
            return
        }
        // The year 9999 in milliseconds: no sum of it and a clock can overflow.
        #expect(milliseconds <= 253_402_300_799_999)
    }
}
