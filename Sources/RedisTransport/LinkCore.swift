import NIOCore
import RESP
import SessionModel

/// The link's working part: two connections, and what flows over them. Confined to the link's event loop.
///
/// The subscribing connection only listens; the asking one scans and fetches. Each can be lost and made anew without the
/// other, but a scan needs both: it begins when the subscription stands and questions can be sent.
final class LinkCore<Consumer: LinkConsumer> {
    private let settings: LinkSettings
    private let consumer: Consumer
    private var asking: Lane?
    private var subscribing: Lane?
    private var assurance = NotificationAssurance.unverified
    private var scan = Scan.none
    private var scanCount = 0
    /// How often an established connection was lost.
    private(set) var reconnects = 0
    /// The last answered PING of the subscribing connection took this long.
    private(set) var roundTrip: TimeAmount?
    private(set) var lastFailure: RedisFailure?

    /// How many keys one page of SCAN aims at.
    private static var scanPageCount: Int { 1000 }

    private enum Scan {
        /// There is no subscription, or its scan has ended.
        case none
        /// Waits for the asking connection.
        case wanted
        /// The number tells its pages from those of a scan that was given up.
        case running(Int)
    }

    /// A connection and the pulse that is felt on it.
    private struct Lane {
        let handler: RedisChannelHandler
        let pulse: Pulse
    }

    init(settings: LinkSettings, consumer: Consumer) {
        self.settings = settings
        self.consumer = consumer
    }

    // MARK: The asking connection

    func askingEstablished(_ handler: RedisChannelHandler, on loop: any EventLoop) {
        handler.readEnded = { [unowned self] in consumer.turnEnded() }
        let pulse = Pulse(
            of: handler, every: settings.pingInterval, timeout: settings.timeout, on: loop
        ) { [unowned self] _ in
            recheckNotifications(handler)
        }
        asking = Lane(handler: handler, pulse: pulse)
        consumer.askingEstablished()
        startScan()
        consumer.turnEnded()
    }

    func askingLost(_ failure: RedisFailure) {
        if asking != nil { reconnects += 1 }
        asking?.pulse.stop()
        asking = nil
        if case .running = scan { scan = .wanted }
        lastFailure = failure
        consumer.askingLost(cause: "\(failure)")
        consumer.turnEnded()
    }

    /// Looks whether somebody has changed the flags, and then subscribes anew. Where they were taken away, Redis falls silent
    /// while every PING is still answered; where they were set, only what is read under the new subscription can be believed.
    private func recheckNotifications(_ handler: RedisChannelHandler) {
        guard assurance != .unverified, let subscribing else { return }
        handler.send([["CONFIG", "GET", NotificationFlags.parameter].map { Array($0.utf8) }]) { [assurance] result in
            guard case .success(let replies) = result, let flags = replies.first.flatMap(NotificationFlags.init(reply:))
            else { return }
            switch (assurance, flags.missing.isEmpty) {
            case (.missing, true): subscribing.handler.close(.notificationsComplete)
            case (.verified, false): subscribing.handler.close(.notificationsMissing)
            default: break
            }
        }
    }

    // MARK: The subscribing connection

    /// Sends PSUBSCRIBE and listens from its answer on. `completion` says whether it was accepted.
    func subscribe(
        _ handler: RedisChannelHandler, _ assurance: NotificationAssurance, on loop: any EventLoop,
        _ completion: @escaping (RedisFailure?) -> Void
    ) {
        let channelPrefix = KeyPattern.channelPrefix(database: settings.endpoint.database)
        handler.pushed = { [unowned self] in announced($0, channelPrefix: channelPrefix) }
        handler.readEnded = { [unowned self] in consumer.turnEnded() }
        let pattern = settings.keyPattern.channelPattern(database: settings.endpoint.database)
        handler.send([[Array("PSUBSCRIBE".utf8), pattern]]) { [unowned self] result in
            switch result {
            case .failure(let failure): completion(failure)
            case .success(let replies):
                guard let reply = replies.first, case .array = reply else {
                    return completion(RedisFailure(refusing: "PSUBSCRIBE", replies.first ?? .null))
                }
                subscribed(handler, assurance, on: loop)
                completion(nil)
            }
        }
    }

    private func subscribed(
        _ handler: RedisChannelHandler, _ assurance: NotificationAssurance, on loop: any EventLoop
    ) {
        let pulse = Pulse(
            of: handler, every: settings.proofInterval, timeout: settings.timeout, on: loop
        ) { [unowned self] sentAt in
            roundTrip = .now() - sentAt
            consumer.pongReceived(pingSentAt: sentAt.uptimeMilliseconds)
        }
        subscribing = Lane(handler: handler, pulse: pulse)
        self.assurance = assurance
        consumer.subscriptionEstablished(notifications: assurance)
        scan = .wanted
        startScan()
    }

    func subscribingLost(_ failure: RedisFailure) {
        if subscribing != nil { reconnects += 1 }
        subscribing?.pulse.stop()
        subscribing = nil
        scan = .none
        roundTrip = nil
        lastFailure = failure
        consumer.subscriptionLost(cause: "\(failure)")
        consumer.turnEnded()
    }

    /// `pmessage`, the pattern, the channel, the event's name.
    private func announced(_ message: [RESPValue], channelPrefix: [UInt8]) {
        guard message.count == 4, let channel = message[2].bytes, let name = message[3].bytes,
            channel.starts(with: channelPrefix)
        else { return }
        guard let key = settings.keyPattern.sessionKey(of: channel.dropFirst(channelPrefix.count)) else {
            return consumer.foreignKeySeen()
        }
        consumer.keyspaceEvent(KeyspaceEvent(name), named: name, of: key)
    }

    // MARK: Scanning

    /// Scans once more from the beginning.
    func rescan() {
        guard subscribing != nil else { return }
        scan = .wanted
        startScan()
    }

    private func startScan() {
        guard case .wanted = scan, let asking else { return }
        scanCount += 1
        scan = .running(scanCount)
        consumer.scanStarted()
        scanPage(from: Array("0".utf8), of: scanCount, on: asking.handler)
    }

    private func scanPage(from cursor: [UInt8], of number: Int, on handler: RedisChannelHandler) {
        let command = [
            Array("SCAN".utf8), cursor, Array("MATCH".utf8), settings.keyPattern.scanPattern, Array("COUNT".utf8),
            Array(String(Self.scanPageCount).utf8),
        ]
        handler.send([command]) { [unowned self] result in
            // A lost connection or subscription has ended this scan; another one begins by itself.
            guard case .success(let replies) = result, case .running(number) = scan else { return }
            guard case .array(let parts)? = replies.first, parts.count == 2, let next = parts[0].bytes,
                case .array(let keys) = parts[1]
            else { return handler.close(RedisFailure(refusing: "SCAN", replies.first ?? .null)) }
            consumer.scanned(keys.compactMap(sessionKey))
            if next.elementsEqual("0".utf8) {
                scan = .none
                consumer.scanEnded()
            } else {
                // The keys of this page are asked for at the end of the turn, so before the next page is answered.
                scanPage(from: next, of: number, on: handler)
            }
        }
    }

    private func sessionKey(_ redisKey: RESPValue) -> SessionKey? {
        guard let bytes = redisKey.bytes, let key = settings.keyPattern.sessionKey(of: bytes) else {
            consumer.foreignKeySeen()
            return nil
        }
        return key
    }

    // MARK: Fetching

    /// Reads keys: one MGET and a PTTL for each, in one write. The consumer gets the values, or that asking was lost.
    func fetch(_ keys: [SessionKey]) {
        guard !keys.isEmpty else { return }
        let redisKeys = keys.map(settings.keyPattern.redisKey)
        let commands = [[Array("MGET".utf8)] + redisKeys] + redisKeys.map { [Array("PTTL".utf8), $0] }
        ask(commands) { [unowned self] replies, askedAt, handler in
            guard case .array(let values)? = replies.first, values.count == keys.count else {
                return handler.close(RedisFailure(refusing: "MGET", replies.first ?? .null))
            }
            let pairs = zip(values, replies.dropFirst())
            let stored = pairs.map { StoredValue(value: $0, timeToLive: $1, askedAt: askedAt) }
            // MGET has null for a key of another type, and for one that came into being before its PTTL.
            let unclear = zip(keys, stored).filter { $0.1 == nil }.map(\.0)
            if !unclear.isEmpty { refetch(unclear) }
            consumer.fetched(zip(keys, stored).compactMap { key, value in value.map { (key, $0) } })
        }
    }

    /// Reads keys again, of which MGET could not tell the type: GET can.
    private func refetch(_ keys: [SessionKey]) {
        let redisKeys = keys.map(settings.keyPattern.redisKey)
        let commands = redisKeys.flatMap { [[Array("GET".utf8), $0], [Array("PTTL".utf8), $0]] }
        ask(commands) { [unowned self] replies, askedAt, _ in
            let stored = stride(from: 0, to: replies.count, by: 2).map { index in
                StoredValue(value: replies[index], timeToLive: replies[index + 1], askedAt: askedAt)
                    ?? StoredValue(content: .absent, expiry: .never, askedAt: askedAt)
            }
            consumer.fetched(Array(zip(keys, stored)))
        }
    }

    private func ask(
        _ commands: [[[UInt8]]],
        _ completion: @escaping (_ replies: [RESPValue], _ askedAt: Int64, _ handler: RedisChannelHandler) -> Void
    ) {
        guard let handler = asking?.handler else { return }
        let askedAt = NIODeadline.now().uptimeMilliseconds
        handler.send(commands) { result in
            // Of a lost connection the consumer hears as such.
            guard case .success(let replies) = result else { return }
            if let refusal = replies.first(where: { $0.errorCode != nil && $0.errorCode != "WRONGTYPE" }) {
                return handler.close(RedisFailure(refusing: "MGET, GET or PTTL", refusal))
            }
            completion(replies, askedAt, handler)
        }
    }
}

extension StoredValue {
    /// The longest time to live that is passed on, about 8,000 years: Redis allows some that no clock can be added to.
    private static let timeToLiveMax: Int64 = 253_402_300_799_999

    /// Nil where the replies do not fit together: no value, but a time to live.
    ///
    /// - Parameters:
    ///   - value: MGET's or GET's.
    ///   - timeToLive: PTTL's: milliseconds, −1 for never, −2 for no such key.
    init?(value: RESPValue, timeToLive: RESPValue, askedAt: Int64) {
        let milliseconds: Int64 = if case .integer(let number) = timeToLive { number } else { -2 }
        let content: Content
        switch (value, milliseconds) {
        case (_, -2): content = .absent
        case (.string(let bytes), _): content = .string(bytes)
        case (.error, _): content = .otherType
        default: return nil
        }
        let expiry = milliseconds < 0 ? Expiry.never : .after(milliseconds: min(milliseconds, Self.timeToLiveMax))
        self.init(content: content, expiry: expiry, askedAt: askedAt)
    }
}

extension NIODeadline {
    /// The monotonic clock in milliseconds, as the machines count it.
    package var uptimeMilliseconds: Int64 {
        Int64(uptimeNanoseconds / 1_000_000)
    }
}
