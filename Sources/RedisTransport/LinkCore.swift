import Logging
import NIOCore
import RESP
import SessionModel

/// The link's working part: two connections, and what flows over them. Confined to the link's event loop.
///
/// The subscribing connection only listens; the asking one scans and fetches. Each can be lost and made anew without the
/// other, but a scan needs both: it begins when the subscription stands and questions can be sent.
final class LinkCore<Consumer: LinkConsumer> {
    let settings: LinkSettings
    let consumer: Consumer
    private let logger: Logger
    private(set) var asking: Lane?
    private(set) var subscribing: Lane?
    private(set) var hearing = HearingStateMachine()
    private var scan = Scan.none
    var comparison = ComparisonScan()
    private var scanCount = 0
    private var scanShare = ScanShare()
    /// How often an established connection was lost.
    private(set) var reconnects = 0
    /// The last answered PING of the subscribing connection took this long.
    private(set) var roundTrip: TimeAmount?
    private(set) var lastFailure: RedisFailure?
    /// One value that is too large is told of; they are counted like others that are no sessions.
    private var hasToldOfLargeValue = false

    /// How many keys one page of SCAN aims at.
    private static var scanPageCount: Int { 1000 }

    private enum Scan {
        /// There is no subscription, or its scan has ended.
        case none
        /// Waits for the asking connection.
        case wanted
        /// The next page begins here, once the consumer takes its keys.
        case at(cursor: [UInt8])
        /// The number tells its pages from those of a scan that was given up.
        case asked(Int)
    }

    /// A connection and the pulse that is felt on it.
    struct Lane {
        let handler: RedisChannelHandler
        let pulse: Pulse
    }

    init(settings: LinkSettings, consumer: Consumer, logger: Logger) {
        self.settings = settings
        self.consumer = consumer
        self.logger = logger
    }

    // MARK: The asking connection

    func askingEstablished(_ handler: RedisChannelHandler, on loop: any EventLoop) {
        handler.readEnded = { [unowned self] in consumer.turnEnded() }
        let pulse = Pulse(
            of: handler, every: settings.pingInterval, timeout: settings.timeout, on: loop
        ) { [unowned self] _ in
            inspect(by: handler)
        }
        asking = Lane(handler: handler, pulse: pulse)
        consumer.askingEstablished()
        carryOut(hearing.askingEstablished())
        startScan()
        consumer.turnEnded()
    }

    func askingLost(_ failure: RedisFailure) {
        if asking != nil { reconnects += 1 }
        asking?.pulse.stop()
        asking = nil
        switch scan {
        case .at, .asked: scan = .wanted
        case .none, .wanted: break
        }
        lastFailure = failure
        consumer.askingLost(cause: "\(failure)")
        carryOut(hearing.askingLost())
        consumer.turnEnded()
    }

    // MARK: The subscribing connection

    /// Subscribes and listens from the answer on. `completion` says whether it was accepted.
    func subscribe(
        _ handler: RedisChannelHandler, _ notifications: NotificationAssurance, on loop: any EventLoop,
        _ completion: @escaping (RedisFailure?) -> Void
    ) {
        let channelPrefix = KeyPattern.channelPrefix(database: settings.endpoint.database)
        handler.pushed = { [unowned self] in pushed($0, channelPrefix: channelPrefix) }
        handler.readEnded = { [unowned self] in consumer.turnEnded() }
        handler.send(subscribingCommands) { [unowned self] result in
            switch result {
            case .failure(let failure): completion(failure)
            case .success(let replies):
                let clientID = settings.invalidation == .keyspace ? nil : Self.clientID(replies)
                guard let reply = replies.last, case .array = reply else {
                    return completion(RedisFailure(refusing: "SUBSCRIBE or PSUBSCRIBE", replies.last ?? .null))
                }
                if settings.invalidation == .tracking, clientID == nil {
                    return completion(RedisFailure(refusing: "CLIENT", replies[0]))
                }
                subscribed(handler, notifications, clientID: clientID, on: loop)
                completion(nil)
            }
        }
    }

    private var subscribingCommands: [[[UInt8]]] {
        let tracking = [[Array("CLIENT".utf8), Array("ID".utf8)], [Array("SUBSCRIBE".utf8), Self.invalidations]]
        let pattern = settings.keyPattern.channelPattern(database: settings.endpoint.database)
        let keyspace = [[Array("PSUBSCRIBE".utf8), pattern]]
        return switch settings.invalidation {
        case .auto: tracking + keyspace
        case .keyspace: keyspace
        case .tracking: tracking
        }
    }

    /// The channel on which CLIENT TRACKING tells a redirected client.
    private static var invalidations: [UInt8] { Array("__redis__:invalidate".utf8) }

    /// The client's id, where the server gave it and lets the client hear of invalidations.
    private static func clientID(_ replies: [RESPValue]) -> Int64? {
        guard replies.count >= 2, case .integer(let id) = replies[0], case .array = replies[1] else { return nil }
        return id
    }

    private func subscribed(
        _ handler: RedisChannelHandler, _ notifications: NotificationAssurance, clientID: Int64?,
        on loop: any EventLoop
    ) {
        let pulse = Pulse(
            of: handler, every: settings.proofInterval, timeout: settings.timeout, on: loop
        ) { [unowned self] beat in
            roundTrip = .now() - beat.sentAt
            // Redis tells of tracked keys at the end of a turn, so what changed in the turn of a PING may come behind its
            // PONG; the next PONG is behind both.
            guard hearing.isEstablished, let until = hearing.source == .tracking ? beat.previous : beat.sentAt else {
                return
            }
            consumer.heard(until: until.uptimeMilliseconds)
        }
        subscribing = Lane(handler: handler, pulse: pulse)
        carryOut(hearing.subscribed(notifications, clientID: clientID))
    }

    private func carryOut(_ actions: [HearingStateMachine.Action]) {
        for action in actions {
            switch action {
            case .startTracking(let redirect): startTracking(redirect)
            case .establish(let hearing):
                tell(hearing)
                consumer.subscriptionEstablished(hearing)
                scan = .wanted
                startScan()
            case .changeTracking(let isOn): consumer.trackingChanged(isOn: isOn)
            case .lose:
                scan = .none
                consumer.subscriptionLost(cause: lastFailure.map { "\($0)" } ?? "")
            }
        }
    }

    /// Has every changed key under the pattern's prefix announced on the subscribing connection.
    private func startTracking(_ redirect: Int64) {
        guard let handler = asking?.handler else { return }
        let prefix = settings.keyPattern.prefix
        let on = ["CLIENT", "TRACKING", "ON", "REDIRECT", "\(redirect)", "BCAST"].map { Array($0.utf8) }
        let commands = [
            ["CLIENT", "TRACKING", "OFF"].map { Array($0.utf8) },
            prefix.isEmpty ? on : on + [Array("PREFIX".utf8), prefix],
        ]
        handler.send(commands) { [unowned self] result in
            guard case .success(let replies) = result, asking?.handler === handler else { return }
            let isOn = replies.last?.errorCode == nil
            if case .error(let bytes)? = replies.last, String(decoding: bytes, as: UTF8.self).contains("does not exist")
            {
                // The subscribing connection ends on another server, such as one that was the master before.
                subscribing?.handler.close(.serversDiffer)
                return handler.close(.serversDiffer)
            }
            if !isOn, let reply = replies.last {
                logger.info("no CLIENT TRACKING: \(RedisFailure(refusing: "CLIENT TRACKING", reply))")
            }
            carryOut(hearing.trackingAnswered(redirect, isOn: isOn))
            consumer.turnEnded()
        }
    }

    private func tell(_ hearing: Hearing) {
        switch hearing.source {
        case .keyspace: break
        case .tracking:
            logger.notice(
                """
                following Redis by CLIENT TRACKING: logins and logouts are seen at once, but not why a session ended, so an \
                eviction is told as a deletion
                """
            )
        case .none:
            logger.warning(
                "nothing tells of changes in Redis: every lookup asks Redis, and logins and logouts may be missed"
            )
        }
    }

    func subscribingLost(_ failure: RedisFailure) {
        if subscribing != nil { reconnects += 1 }
        subscribing?.pulse.stop()
        subscribing = nil
        hearing.subscribingLost()
        scan = .none
        roundTrip = nil
        lastFailure = failure
        consumer.subscriptionLost(cause: "\(failure)")
        consumer.turnEnded()
    }

    /// `pmessage`, the pattern, the channel, the event's name; or `message`, the channel, an array of keys or null.
    private func pushed(_ message: [RESPValue], channelPrefix: [UInt8]) {
        switch message.count {
        case 4:
            guard let channel = message[2].bytes, let name = message[3].bytes, channel.starts(with: channelPrefix)
            else {
                return
            }
            guard let key = sessionKey(of: channel.dropFirst(channelPrefix.count)) else { return }
            consumer.keyspaceEvent(KeyspaceEvent(name), named: name, of: key)
        case 3 where message[1].bytes == Self.invalidations:
            guard case .array(let keys) = message[2] else { return consumer.everythingInvalidated() }
            // Where every change is announced with its reason, its key alone is no news.
            guard hearing.source != .keyspace else { return }
            for key in keys.compactMap(sessionKey) { consumer.keyInvalidated(key) }
        default: break
        }
    }

    /// The session of a key under the pattern; a key that is no session's is counted.
    private func sessionKey(of redisKey: ArraySlice<UInt8>) -> SessionKey? {
        guard let key = settings.keyPattern.sessionKey(of: redisKey) else {
            consumer.foreignKeySeen()
            return nil
        }
        return key
    }

    /// As above, of a name as the server sent it; one that was passed over is too long.
    private func sessionKey(_ name: RESPValue) -> SessionKey? {
        guard name.omission == nil else {
            consumer.foreignKeySeen()
            return nil
        }
        return name.bytes.flatMap { sessionKey(of: $0[...]) }
    }

    /// PINGs the subscribing connection at once.
    func listen() {
        subscribing?.pulse.beatNow()
    }

    // MARK: Scanning

    /// Scans once more from the beginning.
    func rescan() {
        guard subscribing != nil else { return }
        scan = .wanted
        startScan()
    }

    private func startScan() {
        guard case .wanted = scan, asking != nil else { return }
        scan = .at(cursor: Array("0".utf8))
        scanShare = ScanShare()
        consumer.scanStarted()
        continueScan()
    }

    /// Asks for the next page, if there is one and the consumer takes its keys: what a scan has found and nobody has read yet is
    /// held in memory, so it runs no further ahead than it must to keep Redis busy.
    func continueScan() {
        guard case .at(let cursor) = scan, let asking, consumer.takesKeys else { return }
        scanCount += 1
        scan = .asked(scanCount)
        scanPage(from: cursor, number: scanCount, on: asking.handler)
    }

    /// Whether a scan for a subscription is under way or waits for the asking connection.
    var isScanning: Bool {
        if case .none = scan { false } else { true }
    }

    private func scanPage(from cursor: [UInt8], number: Int, on handler: RedisChannelHandler) {
        handler.send([scanCommand(from: cursor)]) { [unowned self] result in
            // A lost connection or subscription has ended this scan; another one begins by itself.
            guard case .success(let replies) = result, case .asked(number) = scan else { return }
            guard let page = ScanPage(replies.first) else {
                return handler.close(RedisFailure(refusing: "SCAN", replies.first ?? .null))
            }
            give(page, to: consumer.scanned)
            if page.isLast {
                scan = .none
                consumer.scanEnded()
            } else {
                UInt64(String(decoding: page.cursor, as: UTF8.self)).map { scanShare.advance(to: $0) }
                consumer.scanAdvanced(toShare: scanShare.value)
                // The keys of this page are asked for at the end of the turn, so before the next page is answered.
                scan = .at(cursor: page.cursor)
                continueScan()
            }
        }
    }

    /// Gives the sessions of a page a part at a time: a server may send a page of a million keys, of which few are taken.
    func give(_ page: ScanPage, to take: ([SessionKey]) -> Void) {
        var rest = page.names[...]
        while !rest.isEmpty {
            take(rest.prefix(Self.scanPageCount).compactMap(sessionKey))
            rest = rest.dropFirst(Self.scanPageCount)
        }
    }

    func scanCommand(from cursor: [UInt8]) -> [[UInt8]] {
        ScanPage.command(from: cursor, matching: settings.keyPattern.scanPattern, count: Self.scanPageCount)
    }

    // MARK: Fetching

    /// Reads keys: a GETRANGE and a PTTL for each, in one write. The consumer gets the values, or that asking was lost.
    ///
    /// Of a value that is not short its first bytes come: ``fetchWhole(_:_:)`` reads all of it.
    func fetch(_ keys: [SessionKey]) {
        read(keys, by: .range(StoredValue.shortByteCount)) { [unowned self] in consumer.fetched($0) }
    }

    /// Reads a key whose value may be as long as a session can be. `completion` gets it, or is dropped where asking was lost.
    func fetchWhole(_ key: SessionKey, _ completion: @escaping (StoredValue) -> Void) {
        read([key], by: .range(ReplyBounds().stringBytes)) { values in
            for (_, value) in values { completion(value) }
        }
    }

    private enum ReadCommand {
        /// Gives no more than so many bytes of a value, and the empty string for no value.
        case range(Int)
        /// Tells no value from an empty one. Values that are longer than so many bytes are cut.
        case get(Int)

        var byteCountMax: Int {
            switch self {
            case .range(let count), .get(let count): count
            }
        }

        var isRange: Bool { if case .range = self { true } else { false } }
    }

    /// How many bytes of values are held until the consumer gets them: a question about many large ones must not take as much
    /// memory as all of them.
    private static var heldByteCount: Int { 1 << 20 }

    private func read(
        _ keys: [SessionKey], by command: ReadCommand, _ give: @escaping ([(SessionKey, StoredValue)]) -> Void
    ) {
        guard let handler = asking?.handler, !keys.isEmpty else { return }
        let commands = keys.map(settings.keyPattern.redisKey).flatMap { redisKey in
            [Self.words(of: command, redisKey), [Array("PTTL".utf8), redisKey]]
        }
        let askedAt = NIODeadline.now().uptimeMilliseconds
        var rest = keys[...]
        var values: [(SessionKey, StoredValue)] = []
        var unclear: [SessionKey] = []
        var byteCount = 0
        handler.send(commands, inGroupsOf: 2) { [unowned self] result in
            // Of a lost connection the consumer hears as such.
            guard case .success(let replies) = result, let key = rest.popFirst() else { return }
            if let failure = Self.failure(of: replies) { return handler.close(failure) }
            let value = stored(
                key, value: replies[0], timeToLive: replies[1], isRange: command.isRange, askedAt: askedAt)
            if let value {
                values.append((key, value.cut(behind: command.byteCountMax)))
                byteCount += replies[0].bytes?.count ?? 0
            } else if command.isRange {
                unclear.append(key)
            } else {
                // It came into being between the two questions; of that there is a notification.
                values.append((key, StoredValue(content: .absent, expiry: .never, askedAt: askedAt)))
            }
            guard rest.isEmpty || byteCount > Self.heldByteCount else { return }
            give(values)
            (values, byteCount) = ([], 0)
            if rest.isEmpty { read(unclear, by: .get(command.byteCountMax), give) }
        }
    }

    private static func words(of command: ReadCommand, _ redisKey: [UInt8]) -> [[UInt8]] {
        switch command {
        // One byte more than is taken, so that a value that is too long is known as such.
        case .range(let count): [Array("GETRANGE".utf8), redisKey, [UInt8(ascii: "0")], Array("\(count)".utf8)]
        case .get: [Array("GET".utf8), redisKey]
        }
    }

    /// Why the answers to a value and its PTTL are none. A key of another type and a value that was passed over are answers.
    private static func failure(of replies: [RESPValue]) -> RedisFailure? {
        guard case .integer = replies[1] else { return RedisFailure(refusing: "PTTL", replies[1]) }
        switch replies[0] {
        case .string, .null: return nil
        case .error where replies[0].errorCode == "WRONGTYPE" || replies[0].omission != nil: return nil
        default: return RedisFailure(refusing: "GETRANGE or GET", replies[0])
        }
    }

    // MARK: Deleting

    /// Deletes keys with a DEL for each, in one write.
    func delete(_ keys: [SessionKey], _ completion: @escaping (Result<[Bool], RevocationFailure>) -> Void) {
        guard let handler = asking?.handler else {
            return completion(.failure(RevocationFailure("Redis cannot be asked")))
        }
        let commands = keys.map { [Array("DEL".utf8), settings.keyPattern.redisKey(of: $0)] }
        handler.send(commands) { result in
            switch result {
            case .failure:
                completion(.failure(RevocationFailure("Redis did not answer: it may have ended them or not")))
            case .success(let replies):
                if let refusal = replies.first(where: { $0.errorCode != nil }) {
                    let failure = RedisFailure(refusing: "DEL", refusal)
                    return completion(.failure(RevocationFailure("\(failure)")))
                }
                guard replies.allSatisfy({ $0 == .integer(0) || $0 == .integer(1) }) else {
                    return completion(.failure(RevocationFailure("Redis answered DEL with what is no answer to it")))
                }
                completion(.success(replies.map { $0 == .integer(1) }))
            }
        }
    }

    private func stored(
        _ key: SessionKey, value: RESPValue, timeToLive: RESPValue, isRange: Bool, askedAt: Int64
    ) -> StoredValue? {
        if value.omission == .tooLarge, !hasToldOfLargeValue {
            hasToldOfLargeValue = true
            logger.warning(
                """
                a value under the pattern is longer than any session can be: it is read no further, and nobody is logged in by it. \
                Find such values with redis-cli --bigkeys
                """,
                metadata: ["session": "\(Fingerprint(of: key))"]
            )
        }
        return StoredValue(value: value, timeToLive: timeToLive, isRange: isRange, askedAt: askedAt)
    }
}

extension NIODeadline {
    /// The monotonic clock in milliseconds, as the machines count it.
    package var uptimeMilliseconds: Int64 {
        Int64(uptimeNanoseconds / 1_000_000)
    }
}
