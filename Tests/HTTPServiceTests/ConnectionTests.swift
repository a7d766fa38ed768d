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
    private let log = MemoryJournal(run: 1, uuid: "x")
    private let figures = HTTPFigures()
    private let loop = EmbeddedEventLoop()

    private func connect(_ change: (inout HTTPSettings) -> Void = { _ in }) throws -> EmbeddedChannel {
        var settings = HTTPSettings(
            rights: [.identify, .list, .observe], cookieName: "sessionid", hosts: HostCheck(bound: nil, further: []),
            limits: HTTPLimits())
        change(&settings)
        let backend = HTTPBackend(
            lookup: lookup, log: log, settings: settings, figures: figures,
            report: { $0(.sample) }, status: { $0(Array(#"{"version":"1.2.3"}"#.utf8)) })
        let connection = HTTPConnection(
            backend: backend, patience: HTTPPatienceHandler(settings.limits) { _ in })
        let channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandlers([HTTPServerPipelineHandler(), connection])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func ask(
        _ channel: EmbeddedChannel, _ path: String = "/auth", method: HTTPMethod = .GET, cookie: String? = nil
    ) throws {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
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

    // MARK: Lists and the page

    /// The next answer, whole; nil where none was written.
    private func answer(_ channel: EmbeddedChannel) throws -> (head: HTTPResponseHead, body: String)? {
        loop.run()
        var head: HTTPResponseHead?
        var body = ""
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            switch part {
            case .head(let it): head = it
            case .body(.byteBuffer(let buffer)): body += String(buffer: buffer)
            case .end: return head.map { ($0, body) }
            default: break
            }
        }
        return nil
    }

    private func page(_ userID: String, next: UInt64? = nil) throws -> SessionListPage {
        let session = ListedSession(
            session: Fingerprint(of: try #require(SessionKey("s"))), userID: UserID(userID), backend: "b",
            expiresAt: nil, firstSeenAt: 1_796_635_800_000)
        return SessionListPage(sessions: [session], next: next, position: EventID(run: 1, sequence: 5))
    }

    @Test("A list is asked for as it is wanted, and told as the socket tells it")
    func list() throws {
        let channel = try connect()
        try ask(channel, "/sessions?user_id=%C3%A9&limit=7&after=12")
        let query = try #require(lookup.listQueries.first)
        #expect(query.userID == UserID("é") && query.limit == 7 && query.after == 12 && query.byUID == .max)
        lookup.give(try page("é", next: 99))
        let (head, body) = try #require(try answer(channel))
        #expect(head.status == .ok && head.headers.first(name: "Content-Type") == "application/json")
        #expect(
            body == """
                {"sessions":[{"session":"043a718774c572bd8a25adbeb1bfcd5c","user_id":"é","backend":"b","expires_at":null,\
                "first_seen_at":"2026-12-07T09:30:00Z"}],"next":"99","position":"0000000000000001-0000000000000005"}

                """)
        try ask(channel, "/sessions")
        #expect(lookup.listQueries.map(\.limit) == [100])
    }

    @Test(
        "What cannot be asked for is refused",
        arguments: [
            "/sessions?limit=0", "/sessions?limit=1001", "/sessions?limit=x", "/sessions?after=x", "/sessions?types=x",
            "/history?limit=0", "/history?since=yesterday", "/history?until=x", "/history?after=x", "/history?types=x",
            "/history?session=x", "/history?open_at=x",
        ])
    func badRequests(_ uri: String) throws {
        let channel = try connect()
        try ask(channel, uri)
        #expect(try status(channel) == 400)
        #expect(lookup.listQueries.isEmpty)
    }

    @Test("The past is told as the socket tells it, with the position from which a stream goes on")
    func history() throws {
        let channel = try connect()
        log.append([
            SessionEvent(
                id: EventID(run: 1, sequence: 1), time: 1_796_635_800_000, subject: nil, kind: .userOnline(UserID("7")))
        ])
        try ask(channel, "/history?types=dev.sessiond.user.online&since=2026-12-07T09:30:00Z")
        let (head, body) = try #require(try answer(channel))
        #expect(head.status == .ok)
        #expect(body.hasPrefix(#"{"events":[{"specversion":"1.0","id":"0000000000000001-0000000000000001""#))
        #expect(body.hasSuffix(#"],"position":"0000000000000001-0000000000000001"}"# + "\n"))
        try ask(channel, "/history?since=2026-12-07T09:30:00.001Z")
        #expect(try answer(channel)?.body == #"{"events":[],"position":"0000000000000001-0000000000000001"}"# + "\n")
        try ask(channel, "/history?after=0000000000000000-0000000000000000")
        let lost = try #require(try answer(channel))
        #expect(lost.head.status == .gone && lost.body.contains("position_lost"))
    }

    @Test("The daemon's figures are the socket's")
    func serverStatus() throws {
        let channel = try connect()
        try ask(channel, "/status")
        #expect(try answer(channel)?.body == #"{"version":"1.2.3"}"# + "\n")
    }

    @Test(
        "Without the right nothing is told, and what to do is said",
        arguments: [
            ("/", Rights.identify, "observe", "identify,observe"),
            ("/history", [.identify, .list], "observe", "identify,list,observe"),
            ("/sessions", [.identify, .observe], "list", "identify,list,observe"),
            ("/status", .observe, "identify", "identify,observe"), ("/", [], "observe", "observe"),
        ] as [(String, Rights, String, String)])
    func rights(_ path: String, rights: Rights, missing: String, wanted: String) throws {
        let channel = try connect { $0.rights = rights }
        try ask(channel, path)
        let (head, body) = try #require(try answer(channel))
        #expect(head.status == .forbidden)
        #expect(body.contains("does not hold \(missing):") && body.contains("--http-rights \(wanted) "))
        #expect(lookup.listQueries.isEmpty)
    }

    @Test("The page comes with its policy, and nothing keeps it")
    func pageAnswer() throws {
        let channel = try connect()
        for method in [HTTPMethod.GET, .HEAD] {
            try ask(channel, "/?x=1", method: method)
            let (head, body) = try #require(try answer(channel))
            #expect(head.status == .ok && body.isEmpty == (method == .HEAD))
            #expect(head.headers["content-security-policy"] == [PageAnswer.built.policy])
            #expect(head.headers["cache-control"] == ["no-store"] && head.headers["referrer-policy"] == ["no-referrer"])
            #expect(head.headers["x-content-type-options"] == ["nosniff"])
            #expect(head.headers["content-length"].first.flatMap(Int.init) ?? 0 > 1000)
        }
        for path in ["/", "/status", "/sessions", "/history"] {
            try ask(channel, path, method: .POST)
            let (head, _) = try #require(try answer(channel))
            #expect(head.status == .methodNotAllowed && head.headers["allow"] == ["GET, HEAD"])
        }
    }

    @Test("So many long answers may be under way and no more, and those of clients that are gone do not count")
    func pages() throws {
        let limit: (inout HTTPSettings) -> Void = { $0.limits.pagesMax = 2 }
        let (one, other, third) = (try connect(limit), try connect(limit), try connect(limit))
        try ask(one, "/sessions")
        try ask(other, "/sessions")
        try ask(third, "/sessions")
        #expect(try status(third) == 503)
        try ask(third, "/status")
        #expect(try status(third) == 200)
        _ = try other.finish(acceptAlreadyClosed: true)
        try ask(third, "/sessions")
        #expect(try status(third) == nil && figures.values.pages == 2)
        lookup.give(try page("1"))
        #expect(try status(one) == 200)
        #expect(try status(third) == 200)
        #expect(figures.values.pages == 0 && figures.values.waiting == 0)
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
