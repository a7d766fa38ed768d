import Foundation
import SessiondClient
import TestSupport
import Testing

/// The commands, as a person types them.
@Suite struct CommandTests {
    private func sessiond(_ arguments: String..., input: String? = nil) async throws -> (Int32, String, String) {
        let result = try await ChildProcess.run(Places.sessiond, arguments, input: Data((input ?? "").utf8))
        return (result.exitCode, result.output, result.errors)
    }

    @Test("Without a daemon the commands say what to do and exit with 2", arguments: ["identity", "get"])
    func noDaemon(command: String) async throws {
        let (code, output, errors) = try await sessiond(command, "abcdefgh", "--socket", "/nonexistent/s.sock")
        #expect(code == 2)
        #expect(output.isEmpty)
        #expect(errors.contains("no socket at /nonexistent/s.sock") && errors.contains("sessiond serve"))
        #expect(!errors.contains("abcdefgh"))
    }

    @Test("identity exits with 0 for somebody, with 1 for nobody, and reads the key from standard input")
    func identity() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "42"))
        let socket = rig.daemon.socketPath
        let (code, output, _) = try await sessiond("identity", key, "--socket", socket)
        #expect(code == 0)
        #expect(output.contains("42") && output.contains(Rig.fingerprint(key)) && !output.contains(key))
        let (fromInput, json, _) = try await sessiond("identity", "-", "--json", "--socket", socket, input: key + "\n")
        #expect(fromInput == 0)
        #expect(json.contains(#""user_id":"42""#))
        let (nobody, reason, _) = try await sessiond("identity", "nobodyshere", "--socket", socket)
        #expect(nobody == 1)
        #expect(reason.contains("unknown") || reason.contains("no such session"))
    }

    @Test("get shows the data, sessions and status what there is")
    func looks() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "42", extra: #","basket":[1,2]"#))
        let socket = rig.daemon.socketPath
        let (code, data, _) = try await sessiond("get", key, "--socket", socket)
        #expect(code == 0)
        #expect(data.contains("basket") && !data.contains("_auth_user_hash"))
        try await eventually("the list") {
            try await self.sessiond("sessions", "42", "--socket", socket).1.contains(Rig.fingerprint(key))
        }
        let (_, status, _) = try await sessiond("status", "--socket", socket)
        #expect(status.contains("live") && status.contains("1 logged in"))
        let (_, statusJSON, _) = try await sessiond("status", "--json", "--socket", socket)
        #expect(statusJSON.contains(#""authenticated":1"#))
    }

    @Test("watch prints logins and logouts as they happen, and goes on after a restart of the daemon")
    func watch() async throws {
        let rig = try await Rig()
        let watch = try ChildProcess(Places.sessiond, ["watch", "--json", "--socket", rig.daemon.socketPath])
        try await eventually("the subscription") { try await rig.client.status().clients.subscriptions == 1 }
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "42"))
        try await eventually("the login") { watch.printed.contains(#""type":"dev.sessiond.login""#) }
        #expect(try await rig.daemon.stop() == 0)
        let next = try DaemonProcess(redisURL: rig.redis.url(), folder: rig.daemon.folder)
        try await next.waitUntilReady()
        try await rig.delete(key)
        try await eventually("the logout") { watch.printed.contains(#""type":"dev.sessiond.logout""#) }
        #expect(!watch.printed.contains(key))
    }

    @Test("decode needs no daemon: exit 0 with the session, 1 with why not")
    func decode() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("the key\n", to: "key")
        let value = String(decoding: DjangoSigner(secretKey: "the key").signing(Rig.payload(user: "5")), as: UTF8.self)
        let (code, output, _) = try await sessiond("decode", "--secret-key-file", file, input: value + "\n")
        #expect(code == 0)
        #expect(output.contains(#""ok":true,"user_id":"5""#) && output.contains(#""key":0"#))
        let (bad, why, _) = try await sessiond(
            "decode", "--secret-key-file", file, input: String(value.dropLast(3)) + "xyz")
        #expect(bad == 1)
        #expect(why.contains(#""ok":false,"reason":"invalid""#))
        let (noKey, _, errors) = try await sessiond("decode", input: value)
        #expect(noKey == 64)
        #expect(errors.contains("no secret key"))
    }

    @Test("Every option of serve stands in its help")
    func help() async throws {
        let (code, output, _) = try await sessiond("serve", "--help")
        #expect(code == 0)
        for option in ["redis-url", "redis-url-file", "key-pattern", "socket", "secret-key-file", "max-staleness"] {
            #expect(output.contains("--\(option) "), "\(option)")
        }
    }
}
