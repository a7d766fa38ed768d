import Foundation
import SessionModel
import SessiondClient
import TestSupport

/// A private Redis, a daemon that follows it, a client of the daemon, and Django's way of writing sessions.
final class Rig: Sendable {
    static let secretKey = "a secret key of the tests, and of nothing else"
    static let backend = "django.contrib.auth.backends.ModelBackend"

    let redis: PrivateRedis
    let daemon: DaemonProcess
    let client: SessiondConnection

    /// - Parameter secretKeys: the daemon's, SECRET_KEY first; nil for none.
    init(
        redisOptions: [String] = [], secretKeys: [String]? = [secretKey], options: [String] = []
    ) async throws {
        redis = try await PrivateRedis(options: redisOptions)
        daemon = try DaemonProcess(redisURL: redis.url(), secretKeys: secretKeys, options: options)
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

    /// All events of the session types so far, oldest first.
    func events() async throws -> [SessiondEvent] {
        try await client.events(limit: 1000).events
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
        let input = Data((lines.joined(separator: "\n") + "\n").utf8)
        _ = try await ChildProcess.run("redis-cli", ["-s", redis.socketPath], input: input)
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
