import JSONRPC
import NIOCore

/// The bytes of a connection: gives each answer to the call that waits for it, each notification to its subscription.
///
/// Lives on the connection's event loop. A call is resumed exactly once: by its answer, its deadline, its cancellation or the end of
/// the connection.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// A call that waits for its answer.
    struct Call {
        /// What the call gives: a result's text, or why there is none.
        typealias Outcome = Result<ArraySlice<UInt8>, SessiondClientError>

        /// The method's name, for the error.
        let method: String
        /// How long to wait.
        let timeout: Duration
        /// For a call that subscribes: what will be filled. It must stand ready before the line after the answer is read.
        let buffer: EventBuffer?
        /// Called once.
        let resume: @Sendable (Outcome) -> Void
    }

    private struct Waiting {
        let call: Call
        let deadline: Scheduled<Void>
    }

    private var framer = LineFramer(lineBytesMax: Wire.lineBytesMax)
    private var waiting: [Int: Waiting] = [:]
    /// Calls that subscribe and were given up: should the daemon still answer, the subscription has to be ended.
    private var abandonedSubscribes: Set<Int> = []
    private var subscriptions: [Int: EventBuffer] = [:]
    private var context: ChannelHandlerContext?
    private var end: SessiondClientError?
    private var isReadHeld = false
    private let makeID: @Sendable () -> Int
    private let observe: SessiondConnection.LineObserver?

    /// A handler that takes the ids of its own requests from `makeID`.
    init(observe: SessiondConnection.LineObserver?, makeID: @escaping @Sendable () -> Int) {
        self.observe = observe
        self.makeID = makeID
    }

    // MARK: Calls

    /// Sends a request line and waits for its answer.
    func start(_ call: Call, id: Int, line: [UInt8]) {
        guard end == nil, let context else {
            call.resume(.failure(end ?? .connectionClosed))
            return
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let deadline = context.eventLoop.scheduleTask(in: TimeAmount(call.timeout)) {
            bound.value.giveUp(id, .timedOut(method: call.method, after: call.timeout))
        }
        waiting[id] = Waiting(call: call, deadline: deadline)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: line)), promise: nil)
        readOn()
    }

    /// Ends a call without an answer.
    func giveUp(_ id: Int, _ error: SessiondClientError) {
        guard let entry = waiting.removeValue(forKey: id) else {
            // The answer was faster.
            return
        }
        if entry.call.buffer != nil {
            abandonedSubscribes.insert(id)
        }
        entry.deadline.cancel()
        entry.call.resume(.failure(error))
    }

    /// Ends a subscription that nobody reads any more.
    func unsubscribe(_ subscription: Int) {
        guard subscriptions.removeValue(forKey: subscription) != nil else {
            return
        }
        send(unsubscribe: subscription)
        readOn()
    }

    /// The answer to this, an empty object, finds nobody who waits for it.
    private func send(unsubscribe subscription: Int) {
        let params = "{\"subscription\":\(subscription)}".utf8
        let line = RequestText.line(id: makeID(), method: "events.unsubscribe", params: params)
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: line)), promise: nil)
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.connectionClosed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { framer.append($0) }
        while end == nil, let line = framer.nextLine() {
            switch line {
            case .line(let bytes): received(bytes)
            case .tooLong: fail(.unintelligible(what: "a line longer than the protocol allows"))
            }
        }
    }

    /// Reads from the socket only as long as the subscribers keep up: the kernel's buffer then fills, and the daemon notices. A call that
    /// waits goes first, since a subscriber may be the one who waits.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty && subscriptions.values.contains(where: \.isFull) {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    /// Reads again if reading was held back.
    func readOn() {
        guard isReadHeld, let context else {
            return
        }
        isReadHeld = false
        read(context: context)
    }

    // MARK: Lines

    private func received(_ bytes: [UInt8]) {
        guard let line = try? ServerLine.parse(bytes, depthMax: Wire.depthMax) else {
            fail(.unintelligible(what: "a line that is not JSON"))
            return
        }
        switch line {
        case .result(let id, let result):
            if let method = method(of: id) { observe?(method, bytes) }
            answered(id, .success(result))
        case .refusal(let id, let text):
            if let method = method(of: id) { observe?(method, bytes) }
            guard let error = RemoteError(text) else {
                fail(.unintelligible(what: "an error"))
                return
            }
            if id == .null {
                // It is about something that this side sent and the daemon could not read: no telling which call.
                fail(.refused(error))
            } else {
                answered(id, .failure(.refused(error)))
            }
        case .notification(let method, let params):
            observe?(nil, bytes)
            notified(method, params)
        case .other:
            fail(.unintelligible(what: "a line that is neither an answer nor a notification"))
        }
    }

    private func method(of rawID: RawID) -> String? {
        Int(String(decoding: rawID.text, as: UTF8.self)).flatMap { waiting[$0]?.call.method }
    }

    private func answered(_ rawID: RawID, _ outcome: Call.Outcome) {
        guard let id = Int(String(decoding: rawID.text, as: UTF8.self)) else {
            return
        }
        guard let entry = waiting.removeValue(forKey: id) else {
            if abandonedSubscribes.remove(id) != nil, case .success(let result) = outcome,
                let subscription = Self.number("subscription", in: result)
            {
                send(unsubscribe: subscription)
            }
            return
        }
        entry.deadline.cancel()
        if let buffer = entry.call.buffer, case .success(let result) = outcome,
            let subscription = Self.number("subscription", in: result)
        {
            subscriptions[subscription] = buffer
        }
        entry.call.resume(outcome)
    }

    private func notified(_ method: JSONString, _ params: ArraySlice<UInt8>) {
        guard let members = try? JSONObjectText(params, depthMax: Wire.depthMax),
            let number = Self.number("subscription", in: members), let buffer = subscriptions[number]
        else {
            // Of a kind that this client does not know, or of a subscription that was just ended.
            return
        }
        if method == "event", let event = members["event"] {
            buffer.push(.event(event))
        } else if method == "events.heartbeat", let position = members["position"] {
            buffer.push(.heartbeat(position))
        } else if method == "events.closed" {
            subscriptions[number] = nil
            let error = members["error"].flatMap { RemoteError($0) }
            buffer.finish(error.map { .refused($0) } ?? .unintelligible(what: "an error"))
        }
    }

    private static func number(_ name: StaticString, in text: ArraySlice<UInt8>) -> Int? {
        (try? JSONObjectText(text, depthMax: Wire.depthMax)).flatMap { number(name, in: $0) }
    }

    private static func number(_ name: StaticString, in members: JSONObjectText) -> Int? {
        members[name].flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    }

    // MARK: The end

    private func fail(_ error: SessiondClientError) {
        finish(error)
        context?.close(promise: nil)
    }

    private func finish(_ error: SessiondClientError) {
        guard end == nil else {
            return
        }
        end = error
        for entry in waiting.values {
            entry.deadline.cancel()
            entry.call.resume(.failure(error))
        }
        for buffer in subscriptions.values {
            buffer.finish(error)
        }
        waiting = [:]
        subscriptions = [:]
    }
}
