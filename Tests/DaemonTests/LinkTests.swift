import Foundation
import SessiondClient
import TestSupport
import Testing

/// The ways to Redis, and what Redis is asked.
@Suite struct LinkTests {
    @Test("Over TCP, as an ACL user with a password, in a database of its own")
    func tcp() async throws {
        let port = Int.random(in: 20_000..<30_000)
        let redis = try await PrivateRedis(options: ["--port", "\(port)", "--bind", "127.0.0.1"])
        try await redis.command("ACL", "SETUSER", "watcher", "on", ">p@ss:word", "~*", "&*", "+@all")
        try await redis.command("ACL", "SETUSER", "default", "off")
        let daemon = try DaemonProcess(redisURL: "redis://watcher:p%40ss:word@127.0.0.1:\(port)/5")
        try await daemon.waitUntilReady()
        #expect(daemon.log.contains("redis://127.0.0.1:\(port)/5"))
        #expect(!daemon.log.contains("word"))
        #expect(try await daemon.connect().status().link.database == 5)
    }

    @Test("Two connections, one that subscribes and one that asks, each with its name")
    func names() async throws {
        let rig = try await Rig()
        let clients = try await rig.redis.command("CLIENT", "LIST").split(separator: "\n")
        #expect(clients.count { $0.contains("name=sessiond-subscribe ") && $0.contains("psub=1") } == 1)
        #expect(clients.count { $0.contains("name=sessiond-ask ") && $0.contains("psub=0") } == 1)
    }

    @Test("A pattern with globs in it means just these characters, and a suffix may follow the key")
    func globs() async throws {
        let redis = try await PrivateRedis()
        let daemon = try DaemonProcess(
            redisURL: redis.url(), options: ["--key-pattern", "s[e]s?*\\:{session_key}:end"])
        try await daemon.waitUntilReady()
        let client = try await daemon.connect()
        let value = DjangoSigner(secretKey: Rig.secretKey).signing(Rig.payload(user: "3"))
        try await redis.command("SETEX", "s[e]s?*\\:abcdefgh:end", "600", value: value)
        try await redis.command("SETEX", "sesxy\\:abcdefgi:end", "600", value: value)
        try await eventually("the login") { try await client.status().sessions.authenticated == 1 }
        #expect(try await client.identity(of: "abcdefgh").userID == "3")
        #expect(try await client.identity(of: "abcdefgi").reason == .unknown)
        try await redis.command("DEL", "s[e]s?*\\:abcdefgh:end")
        try await eventually("the logout") { try await client.status().sessions.authenticated == 0 }
    }

    @Test("A scan of many pages finds every session, and each is told once")
    func scan() async throws {
        let redis = try await PrivateRedis()
        let signer = DjangoSigner(secretKey: Rig.secretKey)
        let count = 3000
        let commands = (0..<count).map { number in
            let value = String(decoding: signer.signing(Rig.payload(user: "\(number)")), as: UTF8.self)
            return "SETEX django_sessions:scanned\(number) 6000 \(value)\n"
        }
        let filled = try await ChildProcess.run(
            "redis-cli", ["-s", redis.socketPath], input: Data(commands.joined().utf8)
        )
        #expect(filled.exitCode == 0)
        let daemon = try DaemonProcess(redisURL: redis.url())
        try await daemon.waitUntilReady()
        #expect(daemon.log.contains("ready: \(count) sessions of \(count) users"))
        let client = try await daemon.connect()
        var after: String?
        var users: [String] = []
        repeat {
            let page = try await client.sessions(limit: 1000, after: after)
            users += page.sessions.map(\.userID)
            after = page.next
        } while after != nil
        #expect(Set(users) == Set((0..<count).map(String.init)) && users.count == count)
        // A link that is lost for a moment, as on a busy machine, is told as well.
        try await eventually("all events") { try await client.status().journal.events >= 2 * count }
        var logins: [String] = []
        var last: String?
        repeat {
            let page = try await client.events(after: last, types: [.login], limit: 1000)
            logins += page.events.compactMap(\.details.userID)
            last = page.next
        } while last != nil
        #expect(logins.sorted() == users.sorted())
        #expect(try await client.status().cache.fetches >= count)
    }

    @Test("Answers go on while events flow, on one connection and on many")
    func whileEventsFlow() async throws {
        let rig = try await Rig()
        let subscription = try await rig.client.subscribe(after: "")
        let writes = (0..<300).map { number in
            let value = String(
                decoding: DjangoSigner(secretKey: Rig.secretKey).signing(Rig.payload(user: "\(number)")), as: UTF8.self
            )
            return "SETEX django_sessions:flowing\(number) 6000 \(value)\nDEL django_sessions:gone\(number)\n"
        }
        let writer = try ChildProcess("redis-cli", ["-s", rig.redis.socketPath], input: Data(writes.joined().utf8))
        let others = try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let client = try await rig.daemon.connect()
                    for _ in 0..<100 { _ = try await client.identity(of: "nobodyshere") }
                    return 100
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(others == 800)
        #expect(try await writer.exitCode() == 0)
        var logins = Set<String>()
        for try await event in subscription where event.type == .login {
            logins.insert(event.details.userID ?? "")
            if logins.count == 300 { break }
        }
        #expect(logins.count == 300)
    }
}
