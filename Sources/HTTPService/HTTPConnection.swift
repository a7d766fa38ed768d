import NIOCore
import NIOHTTP1
import SessionModel

/// One client's connection: a request, its answer, the next request. Confined to the channel's event loop.
///
/// ``HTTPServerPipelineHandler`` brings one request at a time, and reads no further ones meanwhile.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    let backend: HTTPBackend
    private let patience: HTTPPatienceHandler
    private var context: ChannelHandlerContext?
    private var state = State.idle
    private var isInputClosed = false
    /// Whether a long answer is counted as under way.
    private var holdsPage = false
    /// How many requests are being read, each within the answer to the one before.
    private var nesting = 0

    /// An end is written within a read as long as no more of them are nested: each takes some kilobytes of the stack.
    private static let nestingMax = 16

    private enum State {
        /// No request is there, or not all of its head.
        case idle
        case receiving(HTTPRequestHead)
        /// A request waits for its answer.
        case answering(Request)
        case streaming(EventDelivery)
        /// The last answer was given; what still comes is dropped.
        case lingering
    }

    /// What of a request is needed until its answer is written.
    struct Request {
        var head: HTTPRequestHead
        var route: Route?

        /// Nothing follows: the client says so, is an old one, or wants another protocol, behind which nothing would be understood.
        var isLast: Bool {
            !head.isKeepAlive || head.version != .http1_1 || head.method == .CONNECT
                || head.headers.contains(name: "upgrade")
        }
    }

    init(backend: HTTPBackend, patience: HTTPPatienceHandler) {
        self.backend = backend
        self.patience = patience
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .streaming(let delivery) = state { delivery.close() }
        state = .lingering
        if holdsPage { backend.figures.pageClosed() }
        holdsPage = false
        self.context = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        nesting += 1
        defer { nesting -= 1 }
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle):
            patience.requested()
            if hasBody(head) {
                state = .answering(Request(head: head))
                answer(Answer.text(.payloadTooLarge, "no request here has a body: have the proxy leave it out").last)
            } else {
                state = .receiving(head)
            }
        case (.end, .receiving(let head)):
            perform(head)
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            switch state {
            case .idle, .receiving, .streaming, .lingering: context.close(promise: nil)
            case .answering: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .streaming(let delivery) = state, context.channel.isWritable { delivery.deliverSoon() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error as? HTTPParserError, state) {
        case (_?, .lingering): break
        case (let error?, .idle), (let error?, .receiving):
            patience.requested()
            // Nothing is known of the request, so the answer has to end the connection.
            state = .answering(Request(head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "")))
            let refusal =
                error == .headerOverflow
                ? Answer.text(.requestHeaderFieldsTooLarge, "the head of the request is too long")
                : Answer.text(.badRequest, "this is no HTTP request")
            answer(refusal.last)
        case (nil, .lingering) where !(error is IOError): break
        default: context.close(promise: nil)
        }
    }

    private func hasBody(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "transfer-encoding") || head.headers["content-length"].contains { $0 != "0" }
    }

    // MARK: Requests

    private func perform(_ head: HTTPRequestHead) {
        let target = RequestTarget(head.uri)
        let request = Request(head: head, route: target.flatMap { Route(path: $0.path) })
        state = .answering(request)
        guard let target else { return answer(.text(.badRequest, "a path has to be asked for")) }
        if let refusal = backend.settings.hosts.refusal(hosts: head.headers["host"], origins: head.headers["origin"]) {
            return answer(.text(refusal == .noHost ? .badRequest : .forbidden, "\(refusal)"))
        }
        guard let route = request.route else { return answer(.text(.notFound, "there is nothing here")) }
        guard route.allows(head.method) else {
            return answer(Answer.text(.methodNotAllowed, "only GET and HEAD are answered").with("Allow", "GET, HEAD"))
        }
        let missing = route.right.subtracting(backend.settings.rights)
        guard missing.isEmpty else {
            return answer(.forbidden(missing, rights: backend.settings.rights))
        }
        do throws(RequestTarget.QueryError) {
            try perform(route, target, head)
        } catch {
            answer(.text(.badRequest, error.problem))
        }
    }

    private func perform(
        _ route: Route, _ target: RequestTarget, _ head: HTTPRequestHead
    ) throws(RequestTarget.QueryError) {
        switch route {
        case .auth:
            let passing: AuthAnswer.Passing = target.path == "/auth" ? .noContent : .ok
            lookUp(head) { AuthAnswer.answer($0, passing: passing) }
        case .identity: lookUp(head) { IdentityAnswer.answer($0) }
        case .healthz: answer(.json(.ok, Array(#"{"running":true}"#.utf8)))
        case .readyz: report { figures, _ in ReadinessAnswer.answer(figures.link) }
        case .metrics:
            report { figures, door in
                let text = MetricsText.text(figures, door.values)
                return Answer(
                    status: .ok, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
                    body: Array(text.utf8))
            }
        case .page: answer(PageAnswer.built.answer(backend.settings.rights))
        case .status:
            guard let reply = replier() else { return }
            backend.status { status in reply { _ in .json(.ok, status) } }
        case .sessions: list(try target.sessionListQuery(backend.settings.limits))
        case .history: read(try HistoryRequest(target, backend.settings.limits))
        case .events: stream(try EventRequest(target, lastEventID: head.headers.first(name: "last-event-id")), head)
        }
    }

    private func lookUp(_ head: HTTPRequestHead, _ text: @escaping @Sendable (SessionAnswer.Verdict) -> Answer) {
        let cookie = CookieHeader.value(of: backend.settings.cookieName, in: head.headers["cookie"])
        guard let key = cookie.flatMap({ SessionKey($0) }) else { return answer(text(.nobody(.unknown))) }
        let wants = LookupWants(askedBy: HTTPBackend.uid)
        if let known = backend.lookup.cached(key, wanting: wants) { return answer(text(known.verdict)) }
        guard let reply = replier() else { return }
        backend.lookup.ask(key, wanting: wants) { found in reply { _ in text(found.verdict) } }
    }

    private func list(_ query: SessionListQuery) {
        guard let reply = replier() else { return }
        backend.lookup.list(query) { page in reply { _ in SessionsAnswer.answer(page) } }
    }

    private func read(_ wanted: HistoryRequest) {
        guard let reply = replier() else { return }
        backend.log.read(from: wanted.start, matching: wanted.filter, limit: wanted.limit) { result in
            reply { _ in HistoryAnswer.answer(result.map(\.0)) }
        }
    }

    private func report(_ text: @escaping @Sendable (ServiceFigures, HTTPFigures) -> Answer) {
        guard let reply = replier() else { return }
        backend.report { figures in reply { text(figures, $0) } }
    }

    /// What gives an answer that comes later, from any thread; nil where too many wait, which is answered.
    private func replier() -> (@Sendable (_ text: @escaping @Sendable (HTTPFigures) -> Answer) -> Void)? {
        guard let loop = context?.eventLoop else { return nil }
        let figures = backend.figures
        guard holdPage() else {
            answer(.unavailable("too many long answers are under way", retryAfterMilliseconds: 1000))
            return nil
        }
        guard figures.beginWaiting(max: backend.settings.limits.requestsInFlightMax) else {
            answer(.unavailable("too many requests wait for Redis", retryAfterMilliseconds: 1000))
            return nil
        }
        let connection = NIOLoopBound(self, eventLoop: loop)
        return { text in
            loop.execute {
                figures.endWaiting()
                connection.value.answer(text(figures))
            }
        }
    }

    /// Counts a long answer until it is sent; false where there are too many.
    private func holdPage() -> Bool {
        guard case .answering(let request) = state, request.route?.isLong == true else { return true }
        holdsPage = backend.figures.openPage(max: backend.settings.limits.pagesMax)
        return holdsPage
    }

    // MARK: Answers

    private func answer(_ answer: Answer) {
        guard let context, case .answering(let request) = state else { return }
        let isLast = answer.isLast || request.isLast || isInputClosed
        backend.figures.answered(request.route, status: Int(answer.status.code))
        write(head(answer, request, isLast: isLast), context)
        if !answer.body.isEmpty, request.head.method != .HEAD {
            write(.body(.byteBuffer(context.channel.allocator.buffer(bytes: answer.body))), context)
        }
        guard nesting > Self.nestingMax else { return end(isLast: isLast) }
        context.eventLoop.assumeIsolated().execute { [self] in end(isLast: isLast || isInputClosed) }
    }

    private func end(isLast: Bool) {
        guard let context, case .answering = state else { return }
        // Set before the end is written, which can bring the next request.
        state = isLast ? .lingering : .idle
        patience.answered()
        let sent = holdsPage ? context.eventLoop.makePromise(of: Void.self) : nil
        sent?.futureResult.whenComplete { [figures = backend.figures] _ in figures.pageClosed() }
        holdsPage = false
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
        if isLast { linger(context) }
    }

    private func head(_ answer: Answer, _ request: Request, isLast: Bool) -> HTTPServerResponsePart {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        headers.add(name: "Cache-Control", value: "no-store")
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        if answer.status.mayHaveResponseBody {
            headers.add(name: "Content-Length", value: "\(answer.body.count)")
        }
        if isLast { headers.add(name: "Connection", value: "close") }
        return .head(HTTPResponseHead(version: request.head.version, status: answer.status, headers: headers))
    }

    private func write(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(part), promise: nil)
    }

    /// Ends the output, and goes on reading for a moment: to close while something is unread would throw away the answer on its way.
    private func linger(_ context: ChannelHandlerContext) {
        if isInputClosed { return context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        let limit = TimeAmount.milliseconds(backend.settings.limits.lingerMilliseconds)
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            self?.context?.close(promise: nil)
        }
    }

    // MARK: Streams

    private func stream(_ wanted: EventRequest, _ head: HTTPRequestHead) {
        guard let context else { return }
        let request = Request(head: head, route: .events)
        let type = ("Content-Type", "text/event-stream")
        guard head.method != .HEAD else { return answer(Answer(status: .ok, headers: [type])) }
        guard backend.figures.openStream(max: backend.settings.limits.streamsMax) else {
            return answer(.unavailable("there are too many streams of events", retryAfterMilliseconds: 1000))
        }
        backend.figures.answered(.events, status: 200)
        var headers = HTTPHeaders([type, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
        // nginx would keep events back otherwise.
        headers.add(name: "X-Accel-Buffering", value: "no")
        headers.add(name: "Connection", value: "close")
        write(.head(HTTPResponseHead(version: request.head.version, status: .ok, headers: headers)), context)
        let delivery = EventDelivery(wanted, backend, context)
        state = .streaming(delivery)
        delivery.begin { [weak self] in self?.endStream() }
    }

    private func endStream() {
        guard let context, case .streaming(let delivery) = state else { return }
        delivery.close()
        state = .lingering
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }
}
