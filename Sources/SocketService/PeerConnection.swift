import JSONRPC
import NIOCore
import SessionModel
import Synchronization

/// One client's connection: lines in, answers and events out. Confined to the channel's event loop.
///
/// Lines are answered in a turn of their own, never inside a call of the channel: a write there could close the channel under
/// NIO's feet, which is about to shut the input of a peer that is gone, or lead back here through a change of writability
/// before the output is taken. All lines of one read are answered in one write. A peer that does not read stops being read itself: its answers wait
/// in the socket, not here.
final class PeerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let backend: SocketBackend
    private let access: AccessControl
    /// What all connections of this user have.
    private let account: UserAccount
    let peer: Peer
    /// What the peer has, and by which version of the policy.
    private(set) var grant: PeerPolicy.Grant
    private var grantVersion: Int
    private(set) var events: EventFeed
    private var framer: LineFramer
    /// Of the last line that asked who is behind a session.
    private var shape: RequestShape?
    private var output: [UInt8] = []
    private var context: ChannelHandlerContext?
    /// Requests whose answers come later.
    private var waitingCount = 0
    /// Those among them whose answers can be long.
    private var waitingPageCount = 0
    /// Bytes that wait here for others: ids of requests that are not answered yet, and answers of batches that are not complete.
    private var heldBytes = 0
    /// Bytes that were written and that the peer has not taken, as far as is known.
    private var untakenBytes = 0
    /// Those among them of which nobody will tell that they were taken, before more is written.
    private var unwatchedBytes = 0
    private var held: HeldOutput
    private var isTurnScheduled = false
    private var isLaterScheduled = false
    private var isReading = true
    private var ending = Ending.none

    /// Output beyond this is written before further lines are read, in bytes.
    private static var outputBytesMax: Int { 256 * 1024 }
    /// A buffer that is larger than this is given back when nothing is to be sent: most connections are idle most of the time.
    private static var keptBytesMax: Int { 4 * 1024 }
    /// How often one turn writes before other connections have theirs.
    private static var turnWritesMax: Int { 4 }
    /// So many bytes are written without a look at whether they are taken, which costs as much as an answer: less than a connection may
    /// hold in any case.
    private static var unwatchedBytesMax: Int { HeldOutput.freeBytesMax / 2 }
    /// How long a connection that has more to look at leaves the loop to others.
    private static var pause: TimeAmount { .milliseconds(1) }
    /// When a connection looks again whether there is room in what its user may have wait.
    private static var shareRetryInterval: TimeAmount { .milliseconds(100) }
    /// What an answer has besides its id and its result; a refusal fits in, too.
    private static var envelopeBytesMax: Int { 256 }

    private enum Ending {
        case none
        /// The peer sends no more; what it sent is answered.
        case inputClosed
        /// A line was too long: told after the earlier answers, and that is the end.
        case lineTooLong
        case closing
    }

    init(backend: SocketBackend, access: AccessControl, peer: Peer) {
        self.backend = backend
        self.access = access
        self.peer = peer
        account = backend.figures.accounts.account(of: peer.uid, backend.limits)
        grantVersion = access.version
        grant = access.grant(to: peer)
        held = HeldOutput(account.heldBytes)
        events = EventFeed(log: backend.log, figures: backend.figures, share: account.subscriptions)
        framer = LineFramer(lineBytesMax: backend.limits.requestBytesMax)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        backend.figures.connections.wrappingAdd(1, ordering: .relaxed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        backend.figures.connections.wrappingSubtract(1, ordering: .relaxed)
        events.removeAll()
        held.settle(0)
        self.context = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { framer.append($0) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        answerSoon()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent, case .none = ending {
            ending = .inputClosed
            answerSoon()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        setReading(context)
        if context.channel.isWritable { answerSoon() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Requests

    /// Answers the lines that are there, as far as the peer takes the answers. To be called in a turn of its own.
    private func answerLines() {
        for _ in 0..<Self.turnWritesMax {
            guard let context, context.channel.isWritable, ending != .closing else { return }
            answerIdentities()
            while output.count < Self.outputBytesMax, takesLines, let line = framer.nextLine() {
                answer(line)
                answerIdentities()
            }
            setReading(context)
            // Others of the same user have to read, or it itself.
            guard hasRoom || !output.isEmpty else { return answerLater(context, in: Self.shareRetryInterval) }
            renewGrant()
            events.close(beyond: grant.rights, to: &output)
            if output.isEmpty, events.count > 0, events.pump(to: &output, bytesMax: pumpBytesMax, fetch: fetch) {
                answerLater(context, in: Self.pause)
            }
            guard !output.isEmpty else {
                if output.capacity > Self.keptBytesMax { output = [] }
                return endIfDone(context)
            }
            flush(context)
        }
        answerSoon()
    }

    /// Calls ``answerLines()`` after all that the loop has to do at once.
    private func answerSoon() {
        guard !isTurnScheduled, let context else { return }
        isTurnScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isTurnScheduled = false
            answerLines()
        }
    }

    /// Calls ``answerLines()`` when the loop has come to its sockets.
    private func answerLater(_ context: ChannelHandlerContext, in pause: TimeAmount) {
        guard !isLaterScheduled else { return }
        isLaterScheduled = true
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            self?.isLaterScheduled = false
            self?.answerLines()
        }
    }

    private var takesLines: Bool {
        switch ending {
        case .none, .inputClosed: !waitsForPages && hasRoom
        case .lineTooLong, .closing: false
        }
    }

    /// Whether what waits here and with the channel is no more than may.
    private var hasRoom: Bool { held.mayHold(waitingBytes) }

    private var waitingBytes: Int { output.count + heldBytes + untakenBytes }

    /// How many bytes of events may be put out at once.
    private var pumpBytesMax: Int {
        let waiting = waitingBytes
        return held.mayHold(waiting + Self.outputBytesMax)
            ? Self.outputBytesMax : max(1, HeldOutput.freeBytesMax - waiting)
    }

    /// Further lines could ask for more long answers than may wait here.
    private var waitsForPages: Bool {
        waitingPageCount >= backend.limits.waitingPagesPerConnectionMax || heldBytes >= backend.limits.unreadBytesMax
    }

    /// Whether the peer has something to wait for: an answer, or events.
    var isWaiting: Bool { waitingCount > 0 || events.count > 0 || !output.isEmpty }

    /// Reads as long as what was read is taken up.
    private func setReading(_ context: ChannelHandlerContext) {
        let wants = context.channel.isWritable && !waitsForPages && hasRoom
        guard wants != isReading else { return }
        isReading = wants
        context.channel.setOption(.autoRead, value: wants).whenComplete { _ in }
    }

    private func answer(_ line: LineFramer.Line) {
        guard case .line(let bytes) = line else {
            ending = .lineTooLong
            return
        }
        let limits = backend.limits
        switch RequestLine.parse(bytes, depthMax: limits.jsonDepthMax, batchCountMax: limits.batchCountMax) {
        case .single(let request):
            if case .success(let request) = request { learnShape(of: bytes, request) }
            answer(request) { $0.map(ReplyAddress.line) ?? .nowhere }
        case .batch(let requests):
            let batch = BatchInProgress(requests)
            for request in requests {
                answer(request) { id in
                    guard let id else {
                        batch.missing -= 1
                        return .nowhere
                    }
                    return .batch(batch, id)
                }
            }
            finish(batch)
        }
    }

    private func answer(_ request: Result<Request, InvalidRequest>, address: (RawID?) -> ReplyAddress) {
        backend.figures.requests.wrappingAdd(1, ordering: .relaxed)
        switch request {
        case .failure(let invalid): reply(.failure(invalid.error), to: address(invalid.id))
        case .success(let request):
            let address = address(request.id)
            if case .nowhere = address { return }
            switch perform(request, for: address) {
            case .result(let result): reply(.success(result), to: address)
            case .failure(let error): reply(.failure(error), to: address)
            case .later: waitingCount += 1
            }
        }
    }

    // MARK: Identities

    /// Answers the next lines, as long as they ask who is behind a session as the last such line did, and memory knows.
    private func answerIdentities() {
        guard let shape, takesLines, heldBytes == 0 else { return }
        renewGrant()
        guard grant.rights.contains(.identify) else { return }
        var answeredCount = 0
        // Out of the object, so that not each line costs a look at who else has it.
        var answers = exchange(&output, with: [])
        let (lookup, lineBytesMax) = (backend.lookup, backend.limits.requestBytesMax)
        framer.readAhead { input in
            IdentityLines(shape: shape, lineBytesMax: lineBytesMax, lookup: lookup).answer(
                input, to: &answers, bytesMax: Self.outputBytesMax, count: &answeredCount)
        }
        output = answers
        guard answeredCount > 0 else { return }
        backend.figures.requests.wrappingAdd(answeredCount, ordering: .relaxed)
        lookup.countIdentities(answeredCount)
    }

    /// Keeps the shape of a line that asks who is behind a session, since the next ones will most likely have it.
    private func learnShape(of line: [UInt8], _ request: Request) {
        guard request.method == "session.identity", case .members(let members) = request.params, members.count == 1,
            members[0].name == "session_key", case .string(let key) = members[0].value, key.isUnicode
        else { return }
        shape = RequestShape(of: line, request, key: key)
    }

    private func perform(_ request: Request, for address: ReplyAddress) -> MethodOutcome {
        guard let method = Method(rawValue: request.method.string) else { return .failure(.methodNotFound) }
        renewGrant()
        let right = method.right(namesKey: request.params.names("session_key"))
        guard grant.rights.isSuperset(of: right) else {
            backend.figures.refusals.wrappingAdd(1, ordering: .relaxed)
            return .failure(.forbidden(right: right.subtracting(grant.rights).names.joined()))
        }
        do throws(RPCError) {
            return try perform(method, request.params, for: address)
        } catch {
            return .failure(error)
        }
    }

    /// Takes up a policy that has replaced the one by which the peer was judged.
    private func renewGrant() {
        let version = access.version
        guard version != grantVersion else { return }
        grantVersion = version
        grant = access.grant(to: peer)
    }

    /// Takes room for one more answer that comes later, which ``replier(to:isPage:)`` gives back; or throws `overloaded`.
    func reserveWaitingPlace() throws(RPCError) {
        guard waitingCount < backend.limits.requestsInFlightMax, account.waiting.take() else {
            throw .overloaded(retryAfterMilliseconds: 100)
        }
    }

    /// Opens a subscription; its events begin after the answer at `address`.
    ///
    /// - Parameter right: without it the subscription ends.
    func subscribe(
        _ filter: EventFilter, from start: EventStart?, by right: Rights, for address: ReplyAddress
    ) throws(RPCError) -> [UInt8] {
        guard events.count < backend.limits.subscriptionsPerConnectionMax else {
            throw .overloaded(retryAfterMilliseconds: 1000)
        }
        guard let context else { return [] }
        if !events.isWatching { watch(context) }
        let batch: BatchInProgress? = if case .batch(let batch, _) = address { batch } else { nil }
        return try events.subscribe(filter, from: start, by: right, after: batch)
    }

    func unsubscribe(_ number: Int) -> Bool {
        events.remove(number)
    }

    private func watch(_ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let connection = NIOLoopBound(self, eventLoop: loop)
        events.watch { loop.execute { connection.value.eventsAdded() } }
        beat(loop.assumeIsolated())
    }

    private func eventsAdded() {
        events.wakeTaken()
        answerLines()
        if events.owesBeat { beat() }
    }

    private func beat() {
        // A peer that does not take its events is no quiet one.
        guard let context, context.channel.isWritable, output.isEmpty, ending == .none else { return }
        events.beat(to: &output)
        answerSoon()
    }

    /// Reads the log's older events for a subscription.
    private func fetch(_ request: EventFeed.FetchRequest) {
        guard let loop = context?.eventLoop else { return }
        let connection = NIOLoopBound(self, eventLoop: loop)
        backend.log.read(from: request.start, matching: request.filter, limit: request.limit) { result in
            loop.execute {
                connection.value.events.fetched(result, for: request.number)
                connection.value.answerLines()
            }
        }
    }

    private func beat(_ loop: NIOIsolatedEventLoop) {
        _ = loop.scheduleTask(in: .seconds(Int64(backend.limits.heartbeatSeconds))) { [weak self] in
            guard let self, context != nil else { return }
            answerLines()
            beat()
            beat(loop)
        }
    }

    // MARK: Answers

    /// Gives the answer to a request that had to wait. Callable on any thread.
    ///
    /// - Parameter isPage: the answer can be long.
    func replier(to address: ReplyAddress, isPage: Bool) -> @Sendable (Result<[UInt8], RPCError>) -> Void {
        replier(to: address, isPage: isPage) { (connection, result, address) in connection.reply(result, to: address) }
    }

    /// As above, for what is known of a session: it is put into words on this connection's loop, and only if it may be that long.
    func replier(
        to address: ReplyAddress, isPage: Bool,
        _ text: @escaping @Sendable (SessionAnswer) -> Result<[UInt8], RPCError>
    ) -> @Sendable (SessionAnswer) -> Void {
        replier(to: address, isPage: isPage) { (connection, answer, address) in
            let fits = connection.mayHold(answer.data?.visible.json.count ?? 0)
            connection.reply(fits ? text(answer) : .failure(Self.tooMuchWaits), to: address)
        }
    }

    private func replier<Answer: Sendable>(
        to address: ReplyAddress, isPage: Bool,
        _ give: @escaping @Sendable (PeerConnection, Answer, ReplyAddress) -> Void
    ) -> @Sendable (Answer) -> Void {
        guard let loop = context?.eventLoop else {
            account.waiting.give()
            return { _ in }
        }
        if isPage { waitingPageCount += 1 }
        let address = address.detached
        heldBytes += address.idByteCount
        let waiting = NIOLoopBound((connection: self, address: address), eventLoop: loop)
        return { result in
            loop.execute {
                let connection = waiting.value.connection
                connection.waitingCount -= 1
                connection.account.waiting.give()
                if isPage { connection.waitingPageCount -= 1 }
                connection.heldBytes -= waiting.value.address.idByteCount
                guard connection.context != nil else { return }
                give(connection, result, waiting.value.address)
                connection.answerSoon()
            }
        }
    }

    private func reply(_ result: Result<[UInt8], RPCError>, to address: ReplyAddress) {
        switch address {
        case .nowhere: return
        case .line(let id):
            switch limited(result, id, reserved: 0) {
            case .success(let result): AnswerLine.success(id, result: result, to: &output)
            case .failure(let error): AnswerLine.failure(id, error, to: &output)
            }
        case .batch(let batch, let id):
            batch.missingIDByteCount -= id.text.count
            // The rest of the batch can at least be refused.
            let rest = batch.missingIDByteCount + (batch.missing - 1) * Self.envelopeBytesMax
            let before = batch.answer.byteCount
            switch limited(result, id, reserved: before + rest) {
            case .success(let result): batch.answer.success(id, result: result)
            case .failure(let error): batch.answer.failure(id, error)
            }
            heldBytes += batch.answer.byteCount - before
            batch.missing -= 1
            finish(batch)
        }
    }

    /// An answer that would make its line longer than a line may be becomes an error, and so does one that would have too much wait
    /// for a peer that does not read.
    private func limited(
        _ result: Result<[UInt8], RPCError>, _ id: RawID, reserved: Int
    ) -> Result<[UInt8], RPCError> {
        guard case .success(let bytes) = result else { return result }
        let count = bytes.count + id.text.count + Self.envelopeBytesMax
        guard count + reserved <= backend.limits.answerBytesMax else { return .failure(.internalError) }
        guard mayHold(count) else { return .failure(Self.tooMuchWaits) }
        return result
    }

    /// Whether so many bytes more may wait here.
    private func mayHold(_ count: Int) -> Bool {
        count + output.count + heldBytes <= backend.limits.heldBytesMax && held.mayHold(count + waitingBytes)
    }

    private static var tooMuchWaits: RPCError { .overloaded(retryAfterMilliseconds: 1000) }

    private func finish(_ batch: BatchInProgress) {
        guard batch.missing == 0, !batch.isFinished else { return }
        batch.isFinished = true
        heldBytes -= batch.answer.byteCount - BatchAnswer().byteCount
        batch.answer.finish(to: &output)
        events.begin(after: batch)
    }

    private func flush(_ context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(bytes: output)
        // Forgotten before it is written: writing can change the channel's writability, which leads back here.
        output.removeAll(keepingCapacity: true)
        untakenBytes += buffer.readableBytes
        unwatchedBytes += buffer.readableBytes
        context.writeAndFlush(
            wrapOutboundOut(buffer), promise: unwatchedBytes > Self.unwatchedBytesMax ? watchOutput(context) : nil)
        held.settle(waitingBytes)
    }

    /// What tells that all was taken which has been written until then.
    private func watchOutput(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        let count = unwatchedBytes
        unwatchedBytes = 0
        let taken = context.eventLoop.makePromise(of: Void.self)
        taken.futureResult.assumeIsolated().whenComplete { [self] _ in
            untakenBytes -= count
            held.settle(waitingBytes)
        }
        return taken
    }

    private func endIfDone(_ context: ChannelHandlerContext) {
        guard waitingCount == 0, output.isEmpty, context.channel.isWritable else { return }
        switch ending {
        case .none, .closing: return
        case .inputClosed: guard events.count == 0 else { return }
        case .lineTooLong:
            let error = RPCError.lineTooLong(limitBytes: backend.limits.requestBytesMax)
            AnswerLine.failure(.null, error, to: &output)
        }
        ending = .closing
        let last = context.eventLoop.makePromise(of: Void.self)
        last.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        let buffer = context.channel.allocator.buffer(bytes: output)
        output = []
        context.writeAndFlush(wrapOutboundOut(buffer), promise: last)
    }
}
