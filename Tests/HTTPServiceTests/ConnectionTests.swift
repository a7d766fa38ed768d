import AuditJournal
import NIOCore
import NIOEmbedded
import NIOHTTP1
import SessionModel
import Testing

@testable import HTTPService

/// Requests and their answers on one connection, without a network.
@Suite struct ConnectionTests {
    private let lookup = HeldLookup()
    private let figures = HTTPFigures()
    private let loop = EmbeddedEventLoop()

    private func connect(_ change: (inout HTTPSettings) -> Void = { _ in }) throws -> EmbeddedChannel {
        var settings = HTTPSettings(
            rights: [.identify, .observe], cookieName: "sessionid", hosts: HostCheck(bound: nil, further: []),
            limits: HTTPLimits())
        change(&settings)
        let backend = HTTPBackend(
            lookup: lookup, log: MemoryJournal(run: 1, uuid: "x"), settings: settings, figures: figures,
            report: { $0(.sample) })
        let connection = HTTPConnection(
            backend: backend, patience: HTTPPatienceHandler(settings.limits) { _ in })
        let channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandlers([HTTPServerPipelineHandler(), connection])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func ask(_ channel: EmbeddedChannel, _ path: String = "/auth", cookie: String? = nil) throws {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        head.headers.add(name: "Host", value: "localhost")
        if let cookie { head.headers.add(name: "Cookie", value: "sessionid=\(cookie)") }
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    /// The next answer's status; nil where none was written.
    private func status(_ channel: EmbeddedChannel) throws -> UInt? {
        loop.run()
        var status: UInt?
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            if case .head(let head) = part { status = head.status.code }
            if case .end = part { return status }
        }
        return status
    }

    @Test("What is known is answered at once, and what has to be asked for when it is here")
    func answers() throws {
        let channel = try connect()
        try ask(channel, cookie: "known1")
        #expect(try status(channel) == 204)
        try ask(channel, cookie: "other")
        #expect(try status(channel) == nil)
        lookup.release()
        #expect(try status(channel) == 401)
    }

    @Test("A second request waits until the first one is answered")
    func pipelined() throws {
        let channel = try connect()
        try ask(channel, cookie: "other")
        try ask(channel, cookie: "known1")
        #expect(try status(channel) == nil)
        lookup.release()
        #expect(try status(channel) == 401)
        #expect(try status(channel) == 204)
    }

    @Test("So many may wait for Redis and no more, also those whose clients are gone")
    func waiting() throws {
        let limit: (inout HTTPSettings) -> Void = { $0.limits.requestsInFlightMax = 2 }
        for _ in 0..<2 {
            let channel = try connect(limit)
            try ask(channel, cookie: "other")
            _ = try channel.finish(acceptAlreadyClosed: true)
        }
        let channel = try connect(limit)
        try ask(channel, cookie: "other")
        #expect(try status(channel) == 503)
        try ask(channel, cookie: "known1")
        #expect(try status(channel) == 204)
        #expect(lookup.waitingCount == 2)
        lookup.release()
        loop.run()
        try ask(channel, cookie: "other")
        #expect(try status(channel) == nil)
        #expect(lookup.waitingCount == 1)
        lookup.release()
        #expect(try status(channel) == 401)
        #expect(figures.values.waiting == 0)
    }

    @Test("A quiet stream says that it lives, and is counted as long as it does")
    func heartbeat() throws {
        let channel = try connect()
        try ask(channel, "/events")
        #expect(try text(channel).contains("id: 0000000000000001-0000000000000000\n\n"))
        #expect(figures.values.streams == 1)
        loop.advanceTime(by: .seconds(15))
        #expect(try text(channel) == ": heartbeat\nid: 0000000000000001-0000000000000000\n\n")
        loop.advanceTime(by: .seconds(30))
        #expect(try text(channel).components(of: ": heartbeat").count == 3)
        _ = try channel.finish(acceptAlreadyClosed: true)
        #expect(figures.values.streams == 0)
    }

    private func text(_ channel: EmbeddedChannel) throws -> String {
        loop.run()
        var text = ""
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            if case .body(.byteBuffer(let buffer)) = part { text += String(buffer: buffer) }
        }
        return text
    }
}

extension String {
    fileprivate func components(of separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
