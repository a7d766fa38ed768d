import Foundation
import Logging
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

        init(_ invalidation: InvalidationPreference = .keyspace) throws {
            let settings = LinkSettings(
                endpoint: try RedisEndpoint(url: "redis://h"), keyPattern: .default, stalenessMax: 1000,
                timeout: .seconds(3600), mayConfigureRedis: false, invalidation: invalidation
            )
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            core = LinkCore(settings: settings, consumer: consumer, logger: logger)
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

        /// A connection that waits for its subscription to be confirmed.
        func subscribing(_ notifications: NotificationAssurance) throws -> EmbeddedChannel {
            let (channel, handler) = try connection()
            core.subscribe(handler, notifications, on: loop) { _ in }
            return channel
        }

        func subscribed(_ notifications: NotificationAssurance = .verified) throws -> EmbeddedChannel {
            let channel = try subscribing(notifications)
            try channel.writeInbound(ByteBuffer(string: "*3\r\n$10\r\npsubscribe\r\n$1\r\np\r\n:1\r\n"))
            return channel
        }
    }

    private static let pong = "+PONG\r\n"
    /// The answer to ROLE of a server that lets nobody ask.
    private static let role = "-NOPERM\r\n"

    private static func page(next: String, _ key: String) -> String {
        "*2\r\n$\(next.count)\r\n\(next)\r\n*1\r\n$17\r\ndjango_sessions:\(key)\r\n"
    }

    @Test("A page that a new subscription's scan finds under way neither continues nor ends that scan")
    func overtakenScan() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        try asking.writeInbound(ByteBuffer(string: Self.pong + Self.role))
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

    @Test("A scan waits for its consumer to take further keys, and goes on where it was")
    func backpressure() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        try asking.writeInbound(ByteBuffer(string: Self.pong + Self.role))
        _ = try bench.subscribed()
        bench.consumer.takesKeys = false
        _ = try asking.sent()
        try asking.writeInbound(ByteBuffer(string: Self.page(next: "17", "a")))
        bench.core.continueScan()
        #expect(try !asking.sent().contains("SCAN"))
        bench.consumer.takesKeys = true
        bench.core.continueScan()
        bench.core.continueScan()
        let sent = try asking.sent()
        #expect(sent.contains("SCAN\r\n$2\r\n17\r\n"))
        #expect(sent.components(separatedBy: "SCAN").count == 2, "once")
        try asking.writeInbound(ByteBuffer(string: Self.page(next: "0", "b")))
        #expect(bench.consumer.calls.last == "scan ended")
        #expect(bench.consumer.found.count == 2)
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
        // The answers to SCAN, PING and, behind it, ROLE and CONFIG GET.
        try asking.writeInbound(ByteBuffer(string: Self.pong + Self.page(next: "0", "a")))
        try asking.writeInbound(ByteBuffer(string: Self.role))
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
        try first.writeInbound(ByteBuffer(string: Self.pong + Self.role))
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

    @Test("Values are passed on as they come where they are large, so that few are held at a time")
    func heldValues() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        let keys = try ["a", "b"].map { try #require(SessionKey($0)) }
        bench.core.fetch(keys)
        let value = String(repeating: "v", count: 2 << 20)
        try asking.writeInbound(ByteBuffer(string: Self.pong + "$\(value.utf8.count)\r\n\(value)\r\n:-1\r\n"))
        #expect(bench.consumer.values[keys[0]]?.content == .long(Array(value.utf8.prefix(StoredValue.shortByteCount))))
        #expect(bench.consumer.values[keys[1]] == nil)
        try asking.writeInbound(ByteBuffer(string: "$1\r\nw\r\n:-1\r\n"))
        #expect(bench.consumer.values[keys[1]]?.content == .string([0x77]))
    }

    @Test("Of a value that is not short the first bytes come, and all of it where it is asked for by itself")
    func wholeValue() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        let keys = try ["short", "long"].map { try #require(SessionKey($0)) }
        _ = try asking.sent()
        bench.core.fetch(keys)
        // One byte more than is short, which tells that there are more.
        #expect(try asking.sent().contains("long\r\n$1\r\n0\r\n$5\r\n65536\r\n"))
        let (short, long) = (String(repeating: "s", count: 65_536), String(repeating: "l", count: 65_537))
        try asking.writeInbound(
            ByteBuffer(string: Self.pong + "$65536\r\n\(short)\r\n:-1\r\n$65537\r\n\(long)\r\n:70\r\n" + Self.role))
        #expect(bench.consumer.values[keys[0]]?.content == .string(Array(short.utf8)))
        #expect(bench.consumer.values[keys[1]]?.content == .long(Array(long.utf8.dropLast())))
        var whole: StoredValue?
        bench.core.fetchWhole(keys[1]) { whole = $0 }
        #expect(try asking.sent().contains("$1\r\n0\r\n$8\r\n25165824\r\n"))
        try asking.writeInbound(ByteBuffer(string: "$65537\r\n\(long)\r\n:60\r\n"))
        #expect(whole?.content == .string(Array(long.utf8)))
        #expect(whole?.expiry == .after(milliseconds: 60))
    }

    @Test("A long value that GET brings where GETRANGE was not clear is cut as well")
    func longUnclear() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        let key = try #require(SessionKey("a"))
        bench.core.fetch([key])
        try asking.writeInbound(ByteBuffer(string: Self.pong + "$0\r\n\r\n:-1\r\n" + Self.role))
        let long = String(repeating: "l", count: 70_000)
        try asking.writeInbound(ByteBuffer(string: "$70000\r\n\(long)\r\n:-1\r\n"))
        #expect(bench.consumer.values[key]?.content == .long(Array(long.utf8.prefix(65_536))))
    }

    @Test(
        "Answers of other types end the connection: they are no session that is gone",
        arguments: [
            "*0\r\n:-1\r\n", ":1\r\n:-1\r\n", "+v\r\n:-1\r\n", "$1\r\nv\r\n+x\r\n", "$1\r\nv\r\n$-1\r\n",
            "-ERR\r\n:1\r\n",
        ]
    )
    func otherAnswers(text: String) throws {
        let bench = try Bench()
        let asking = try bench.asking()
        bench.core.fetch([try #require(SessionKey("a"))])
        try asking.writeInbound(ByteBuffer(string: Self.pong + text))
        #expect(!asking.isActive)
        #expect(bench.consumer.values.isEmpty)
    }

    @Test("Nothing to fetch sends nothing")
    func nothing() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        _ = try asking.readOutbound(as: ByteBuffer.self)
        bench.core.fetch([])
        #expect(try asking.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("An empty value is read again by GET, and a key that stays in between counts as absent")
    func unclear() throws {
        let bench = try Bench()
        let asking = try bench.asking()
        let keys = try ["list", "string", "new", "empty"].map { try #require(SessionKey($0)) }
        bench.core.fetch(keys)
        let empty = "$0\r\n\r\n:-1\r\n"
        try asking.writeInbound(
            ByteBuffer(string: Self.pong + "-WRONGTYPE x\r\n:-1\r\n$1\r\nv\r\n:70\r\n\(empty)\(empty)" + Self.role))
        #expect(bench.consumer.values.count == 2)
        try asking.writeInbound(ByteBuffer(string: "$-1\r\n:-1\r\n\(empty)"))
        #expect(bench.consumer.values[keys[3]]?.content == .string([]))
        #expect(keys.prefix(3).map { bench.consumer.values[$0]?.content } == [.otherType, .string([0x76]), .absent])
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

extension LinkCoreTests {
    private static let subscribedTo = "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n"
    private static let pattern = "*3\r\n$10\r\npsubscribe\r\n$1\r\np\r\n:2\r\n"

    private static func invalidation(_ key: String) -> String {
        "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$\(key.count)\r\n\(key)\r\n"
    }

    @Test("Where notifications are not verified, tracking is asked for, and the subscription stands once it is on")
    func tracking() throws {
        let bench = try Bench(.auto)
        let subscribing = try bench.subscribing(.unverified)
        try subscribing.writeInbound(ByteBuffer(string: ":77\r\n" + Self.subscribedTo + Self.pattern))
        #expect(bench.consumer.calls.isEmpty)
        let asking = try bench.asking()
        #expect(
            try asking.sent().contains("REDIRECT\r\n$2\r\n77\r\n$5\r\nBCAST\r\n$6\r\nPREFIX\r\n$16\r\ndjango_sessions:")
        )
        try asking.writeInbound(ByteBuffer(string: Self.pong + "+OK\r\n+OK\r\n"))
        #expect(bench.consumer.calls == ["asking", "subscribed tracking", "scan started"])
        try subscribing.writeInbound(ByteBuffer(string: Self.invalidation("django_sessions:abc")))
        #expect(bench.consumer.calls.last == "invalidated abc")
        try subscribing.writeInbound(
            ByteBuffer(string: "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*-1\r\n"))
        #expect(bench.consumer.calls.last == "everything invalidated")
        // Tracking ends with the connection that turned it on.
        bench.core.askingLost(.closedByServer)
        #expect(bench.consumer.calls.suffix(2).first?.hasPrefix("asking lost") == true)
        #expect(bench.consumer.calls.last?.hasPrefix("subscription lost") == true)
    }

    @Test("Beside verified notifications tracking only tells of flushes, and its end is no loss")
    func trackingBesideNotifications() throws {
        let bench = try Bench(.auto)
        let subscribing = try bench.subscribing(.verified)
        try subscribing.writeInbound(ByteBuffer(string: ":77\r\n" + Self.subscribedTo + Self.pattern))
        #expect(bench.consumer.calls == ["subscribed keyspace"])
        let asking = try bench.asking()
        try asking.writeInbound(ByteBuffer(string: Self.pong + "+OK\r\n+OK\r\n"))
        #expect(bench.consumer.calls.contains("tracking"))
        try subscribing.writeInbound(ByteBuffer(string: Self.invalidation("django_sessions:abc")))
        #expect(!bench.consumer.calls.contains("invalidated abc"))
        bench.core.askingLost(.closedByServer)
        #expect(bench.consumer.calls.last == "not tracking")
    }

    @Test("A server that refuses to track is followed by what is left")
    func refusedTracking() throws {
        let bench = try Bench(.auto)
        let subscribing = try bench.subscribing(.missing)
        try subscribing.writeInbound(ByteBuffer(string: ":77\r\n" + Self.subscribedTo + Self.pattern))
        let asking = try bench.asking()
        try asking.writeInbound(ByteBuffer(string: Self.pong + "-ERR unknown\r\n-ERR unknown\r\n"))
        #expect(bench.consumer.calls == ["asking", "subscribed none", "scan started"])
    }

    @Test("An old server without CLIENT ID, or a user who may not hear of invalidations, is followed by notifications")
    func withoutTracking() throws {
        let bench = try Bench(.auto)
        let subscribing = try bench.subscribing(.verified)
        try subscribing.writeInbound(ByteBuffer(string: "-ERR unknown\r\n-NOPERM no\r\n" + Self.pattern))
        #expect(bench.consumer.calls == ["subscribed keyspace"])
        let asking = try bench.asking()
        #expect(try !asking.sent().contains("TRACKING"))
    }

    @Test("A server that turns into a replica is left, by both connections, with the master's address")
    func replica() throws {
        let bench = try Bench()
        let subscribing = try bench.subscribed()
        let asking = try bench.asking()
        try asking.writeInbound(ByteBuffer(string: Self.pong + Self.page(next: "0", "a")))
        try asking.writeInbound(
            ByteBuffer(string: "*5\r\n$5\r\nslave\r\n$4\r\nhost\r\n:6380\r\n$9\r\nconnected\r\n:1\r\n*0\r\n"))
        #expect(!asking.isActive && !subscribing.isActive)
        #expect("\(RedisFailure.replica(of: "host:6380"))".contains("replica of host:6380"))
    }
}

extension EmbeddedChannel {
    /// All that was sent so far.
    fileprivate func sent() throws -> String {
        var text = ""
        while let buffer = try readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }
}

extension LinkCoreTests {
    @Test("Where tracking cannot be redirected, the two connections end on different servers: both are left")
    func differentServers() throws {
        let bench = try Bench(.auto)
        let subscribing = try bench.subscribing(.verified)
        try subscribing.writeInbound(ByteBuffer(string: ":77\r\n" + Self.subscribedTo + Self.pattern))
        let asking = try bench.asking()
        let refusal = "-ERR The client ID you want redirect to does not exist\r\n"
        try asking.writeInbound(ByteBuffer(string: Self.pong + "+OK\r\n" + refusal))
        #expect(!asking.isActive && !subscribing.isActive)
    }

    @Test("An answer about an earlier subscription does not make the next one stand")
    func staleTrackingAnswer() throws {
        let bench = try Bench(.tracking)
        let asking = try bench.asking()
        let first = try bench.subscribing(.unused)
        try first.writeInbound(ByteBuffer(string: ":77\r\n" + Self.subscribedTo))
        bench.core.subscribingLost(.closedByServer)
        let second = try bench.subscribing(.unused)
        try second.writeInbound(ByteBuffer(string: ":78\r\n" + Self.subscribedTo))
        // PING, then OFF and ON for the first subscription.
        try asking.writeInbound(ByteBuffer(string: Self.pong + "+OK\r\n+OK\r\n"))
        #expect(!bench.consumer.calls.contains("subscribed tracking"))
        // The PING's ROLE, then OFF and ON for the second one.
        try asking.writeInbound(ByteBuffer(string: "+OK\r\n+OK\r\n"))
        #expect(bench.consumer.calls.contains("subscribed tracking"))
    }

    @Test("A connection whose bytes still come is slow, one that says nothing is silent")
    func silence() throws {
        let bench = try Bench()
        let (channel, handler) = try bench.connection()
        let start = NIODeadline.now()
        #expect(handler.silence(at: start + .seconds(10)) == .zero, "nothing is expected")
        handler.send([[Array("GET".utf8), Array("long".utf8)]]) { _ in }
        #expect(handler.silence(at: start + .seconds(10)) > .seconds(9))
        try channel.writeInbound(ByteBuffer(string: "$1000\r\nthe first of many bytes"))
        let heard = NIODeadline.now()
        #expect(handler.silence(at: heard + .seconds(1)) <= .seconds(1) + .milliseconds(500))
        #expect(handler.silence(at: heard + .seconds(10)) > .seconds(9))
    }
}
