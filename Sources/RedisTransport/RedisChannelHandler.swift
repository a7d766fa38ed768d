import DequeModule
import NIOCore
import RESP

/// One connection's bytes to replies, and replies to those who wait for them, in the order of the commands.
///
/// On a subscribed connection messages come between the replies; they go to ``pushed``. Confined to the channel's loop.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Gets the messages of subscriptions. While it is nil there are none, whatever a stored value spells.
    var pushed: (([RESPValue]) -> Void)?
    /// All replies and messages of one read have been given out.
    var readEnded: () -> Void = {}

    private var reader: RESPReader
    private var expected: Deque<Expectation> = []
    private var context: ChannelHandlerContext?
    private(set) var failure: RedisFailure?
    /// Whether any bytes came.
    private(set) var hasHeard = false
    /// When the last reply came, or as much of one that a server is alive which sends it.
    private var heardAt = NIODeadline.now()
    /// Bytes that came since then.
    private var unheardByteCount = 0
    /// How many bytes of a reply count as a sign of life: whoever drips fewer in keeps everybody waiting as if it were silent.
    private static var lifeSignByteCount: Int { 64 * 1024 }

    private struct Expectation {
        var missing: Int
        var replies: [RESPValue] = []
        let sentAt: NIODeadline
        let completion: (Result<[RESPValue], RedisFailure>) -> Void
    }

    /// - Throws: ``RESPError/outOfMemory``.
    init() throws(RESPError) {
        reader = try RESPReader()
    }

    /// Sends commands in one write; `completion` gets all their replies at once, or why there are none.
    func send(_ commands: [[[UInt8]]], _ completion: @escaping (Result<[RESPValue], RedisFailure>) -> Void) {
        send(commands, inGroupsOf: commands.count, completion)
    }

    /// As above; `received` gets the replies in groups of `count` as they come, and as soon as there are none, why.
    func send(
        _ commands: [[[UInt8]]], inGroupsOf count: Int,
        _ received: @escaping (Result<[RESPValue], RedisFailure>) -> Void
    ) {
        guard failure == nil, let context else { return received(.failure(failure ?? .closedByServer)) }
        var bytes: [UInt8] = []
        do throws(RESPError) {
            for command in commands { try RESPCommand.append(command, to: &bytes) }
        } catch {
            return received(.failure(.protocolViolation("\(error)")))
        }
        let sentAt = NIODeadline.now()
        for _ in stride(from: 0, to: commands.count, by: count) {
            expected.append(Expectation(missing: count, sentAt: sentAt, completion: received))
        }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    /// How long nothing was heard although something is expected.
    func silence(at now: NIODeadline) -> TimeAmount {
        expected.first.map { now - max($0.sentAt, heardAt) } ?? .zero
    }

    /// Ends the connection; whoever waits for a reply gets this failure.
    func close(_ cause: RedisFailure) {
        if failure == nil { failure = cause }
        context?.close(promise: nil)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard failure == nil else { return }
        let buffer = unwrapInboundIn(data)
        if !hasHeard, buffer.readableBytesView.starts(with: Self.tlsAlert) { return close(.tlsWanted) }
        hasHeard = true
        unheardByteCount += buffer.readableBytes
        if unheardByteCount >= Self.lifeSignByteCount { heard() }
        do throws(RESPError) {
            try feed(buffer)
            try readAll()
        } catch {
            // What came before it holds.
            try? readAll()
            close(.protocolViolation("\(error)"))
        }
    }

    /// How a server's refusal begins that expects TLS: an alert, of a version that begins with 3.
    private static let tlsAlert: [UInt8] = [0x15, 0x03]

    private func readAll() throws(RESPError) {
        while failure == nil, let value = try reader.next() { received(value) }
    }

    private func feed(_ buffer: ByteBuffer) throws(RESPError) {
        let result = buffer.withUnsafeReadableBytes { bytes in
            Result { () throws(RESPError) in try reader.feed(bytes) }
        }
        try result.get()
    }

    private func heard() {
        heardAt = .now()
        unheardByteCount = 0
    }

    private func received(_ value: RESPValue) {
        heard()
        if let pushed, case .array(let elements) = value, elements.first?.bytes.map(Self.isMessage) == true {
            pushed(elements)
        } else if expected.isEmpty {
            close(.protocolViolation("the server sent a reply to no command"))
        } else {
            expected[0].missing -= 1
            expected[0].replies.append(value)
            guard expected[0].missing == 0 else { return }
            let finished = expected.removeFirst()
            finished.completion(.success(finished.replies))
        }
    }

    private static func isMessage(_ kind: [UInt8]) -> Bool {
        kind.elementsEqual("pmessage".utf8) || kind.elementsEqual("message".utf8)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        readEnded()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(error as? RedisFailure ?? .closedByServer)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if failure == nil { failure = .closedByServer }
        let waiting = expected
        expected = []
        for expectation in waiting { expectation.completion(.failure(failure ?? .closedByServer)) }
        context.fireChannelInactive()
    }
}
