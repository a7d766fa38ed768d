import SessionModel
import SessiondClient
import Synchronization
import TestSupport

/// A private Redis, a daemon that follows it, a client of the daemon, and Django's way of writing sessions.
final class Rig: Sendable {
    static let secretKey = "a secret key of the tests, and of nothing else"
    static let backend = "django.contrib.auth.backends.ModelBackend"

    let redis: PrivateRedis
    let daemon: DaemonProcess
    let client: SessiondConnection
    /// The events that were read so far.
    private let seen: Mutex<[SessiondEvent]> = Mutex([])
    /// The daemon's `--max-staleness`, in seconds.
    let stalenessMax: Int

    /// - Parameters:
    ///   - redis: the server; nil for a new one.
    ///   - proxy: what the daemon takes for the server.
    ///   - redisURL: what the daemon is told where to find the server; nil for its Unix socket, or the proxy's.
    ///   - secretKeys: the daemon's, SECRET_KEY first; nil for none.
    init(
        redis: PrivateRedis? = nil, proxy: FaultyProxy? = nil, redisURL: String? = nil,
        secretKeys: [String]? = [secretKey], stalenessMax: Int = 1, options: [String] = []
    ) async throws {
        self.stalenessMax = stalenessMax
        let redis = if let redis { redis } else { try await PrivateRedis() }
        self.redis = redis
        daemon = try DaemonProcess(
            redisURL: redisURL ?? proxy?.url ?? redis.url(), secretKeys: secretKeys,
            options: ["--max-staleness", "\(stalenessMax)"] + options
        )
        try await daemon.waitUntilReady()
        client = try await daemon.connect()
    }

    // MARK: Asking

    /// The raw result of a method.
    func call(_ method: String, _ params: String = "{}") async throws -> String {
        String(decoding: try await client.call(method, params: Array(params.utf8)), as: UTF8.self)
    }

    func identity(_ key: String, confirm: Bool = false) async throws -> SessionIdentity {
        try await client.identity(of: key, confirm: confirm)
    }

    /// All events so far, oldest first, but for those that must be asked for. Only the new ones are read.
    func events() async throws -> [SessiondEvent] {
        var events = seen.withLock { $0 }
        var next = events.last?.id
        repeat {
            let page = try await client.events(after: next, limit: 1000)
            events += page.events
            next = page.next
        } while next != nil
        seen.withLock { if $0.count < events.count { $0 = events } }
        return events
    }

    /// Waits until events of these types, of this session or user, have come; returns all events.
    @discardableResult
    func waitForEvents(_ what: String, _ condition: ([SessiondEvent]) -> Bool) async throws -> [SessiondEvent] {
        var seen: [SessiondEvent] = []
        try await eventually("\(what); so far: \(seen.map(\.type.rawValue))") {
            seen = try await self.events()
            return condition(seen)
        }
        return seen
    }

    /// Waits until an event tells that the link was lost, or is back.
    @discardableResult
    func waitForLink(_ state: String) async throws -> [SessiondEvent] {
        try await waitForEvents("the link to be \(state)") { events in
            events.last { $0.type == .link }?.details.state == state
        }
    }

    /// Waits until so many sessions with somebody logged in are known: cheaper than to read all events again and again.
    func waitForSessions(_ count: Int) async throws {
        var seen = 0
        try await eventually("\(count) sessions; so far \(seen)") {
            seen = try await self.client.status().sessions.authenticated
            return seen == count
        }
    }

    /// What was told of a session: `login created`, `logout deleted` and so on, in order.
    func told(of key: String) async throws -> [String] {
        Self.told(try await events(), of: key)
    }

    static func told(_ events: [SessiondEvent], of key: String) -> [String] {
        events.filter { $0.subject == fingerprint(key) }.map { event in
            let word = event.details.cause ?? event.details.reason ?? ""
            return event.type.rawValue.replacing("dev.sessiond.", with: "") + " " + word
        }
    }

    // MARK: Writing as Django does

    static func payload(user: String?, passwordHash: String = "aa11", extra: String = "") -> String {
        guard let user else { return "{\(extra.hasPrefix(",") ? String(extra.dropFirst()) : extra)}" }
        return #"{"_auth_user_id":"\#(user)","_auth_user_backend":"\#(backend)","#
            + #""_auth_user_hash":"\#(passwordHash)"\#(extra)}"#
    }

    /// SETEX of a signed value.
    func write(_ key: String, _ payload: String, seconds: Int = 1_209_600, secretKey: String = secretKey) async throws {
        try await write(key, value: DjangoSigner(secretKey: secretKey).signing(payload), seconds: seconds)
    }

    /// SETEX of a value as it is.
    func write(_ key: String, value: [UInt8], seconds: Int = 1_209_600) async throws {
        try await redis.command("SETEX", "django_sessions:\(key)", String(seconds), value: value)
    }

    /// One command as redis-cli reads it: SETEX of a signed value.
    static func setLine(_ key: String, _ payload: String) -> String {
        let value = String(decoding: DjangoSigner(secretKey: secretKey).signing(payload), as: UTF8.self)
        return "SETEX django_sessions:\(key) 1209600 \(value)"
    }

    /// Runs commands one right after the other, as Django does within a request.
    func run(_ lines: String...) async throws {
        try await redis.run(lines)
    }

    /// Writes many sessions and returns their keys.
    ///
    /// - Parameter user: whose they are; nil for a user of its own for each.
    @discardableResult
    func fill(_ count: Int, of user: String? = nil, prefix: String = "filled") async throws -> [String] {
        let keys = (0..<count).map { "\(prefix)\($0)" }
        try await redis.run(keys.map { Self.setLine($0, Self.payload(user: user ?? $0, extra: #","key":"\#($0)""#)) })
        return keys
    }

    /// Ends one of the daemon's connections as an administrator does.
    func kill(_ line: FaultyProxy.Line) async throws {
        guard let id = try await clientID(of: line) else { throw Timeout(description: "no \(line.rawValue)") }
        try await redis.command("CLIENT", "KILL", "ID", id)
    }

    /// What Redis calls a connection of the daemon; nil while there is none.
    func clientID(of line: FaultyProxy.Line) async throws -> String? {
        let clients = try await redis.command("CLIENT", "LIST").split(separator: "\n")
        let client = clients.first { $0.contains(" name=\(line.rawValue) ") }
        return client?.split(separator: " ").first.map { String($0.dropFirst("id=".count)) }
    }

    func delete(_ key: String) async throws {
        try await redis.command("DEL", "django_sessions:\(key)")
    }

    static func fingerprint(_ key: String) -> String {
        SessionKey(key).map { Fingerprint(of: $0).description } ?? ""
    }

    /// A session key as Django makes them: 32 characters of its alphabet.
    static func newKey() -> String {
        String((0..<32).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })
    }
}
