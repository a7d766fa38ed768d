import Foundation
import SessiondClient
import TestSupport
import Testing

/// The commands, as a person types them.
@Suite struct CommandTests {
    private func sessiond(_ arguments: String..., input: String? = nil) async throws -> (Int32, String, String) {
        try await sessiond(arguments, input: input)
    }

    private func sessiond(_ arguments: [String], input: String? = nil) async throws -> (Int32, String, String) {
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
        let (code, output, _) = try await sessiond("decode", "--secret-key-file", file, input: value)
        #expect(code == 0)
        #expect(output.contains(#""ok":true,"user_id":"5""#) && output.contains(#""key":0"#))
        let (bad, why, _) = try await sessiond(
            "decode", "--secret-key-file", file, input: String(value.dropLast(3)) + "xyz")
        #expect(bad == 1)
        #expect(why.contains(#""ok":false,"reason":"invalid""#))
        let (longer, hint, _) = try await sessiond("decode", "--secret-key-file", file, input: value + "\n")
        #expect(longer == 1)
        #expect(hint.contains("a line feed follows the value") && hint.contains("head -c -1"))
        let (noKey, _, errors) = try await sessiond("decode", input: value)
        #expect(noKey == 64)
        #expect(errors.contains("no secret key"))
    }

    @Test("decode reads a value of a cache only when told that it is one, and each kind of value names the other")
    func decodeCacheValue() async throws {
        let pickle = "(dp0\nS'_auth_user_id'\nS'5'\nsS'_auth_user_backend'\nS'a.B'\ns."
        let (code, output, _) = try await sessiond("decode", "--encoding", "cache", input: pickle)
        #expect(code == 0)
        #expect(output.contains(#""user_id":"5","backend":"a.B","layout":"cache","serializer":"pickle""#))
        #expect(output.contains(#""compression":"none","key":null,"signed_at":null"#))
        let (unsigned, hint, _) = try await sessiond("decode", "--no-verify", input: pickle)
        #expect(unsigned == 1)
        #expect(hint.contains("looks like a cache value") && hint.contains("--encoding cache"))
        let signed = String(decoding: DjangoSigner(secretKey: "the key").signing(Rig.payload(user: "5")), as: UTF8.self)
        let (cached, otherHint, _) = try await sessiond("decode", "--encoding", "cache", input: signed)
        #expect(cached == 1)
        #expect(otherHint.contains("--encoding signed"))
    }

    @Test("decode reads as the Django and the serializer that it is told, and says why not")
    func decodeByRules() async throws {
        let signer = DjangoSigner(secretKey: "the key")
        let folder = try TemporaryFolder()
        let file = try folder.write("the key\n", to: "key")
        let legacy = String(decoding: signer.legacy(Rig.payload(user: "5")), as: UTF8.self)
        let cases: [(options: [String], why: String?)] = [
            ([], nil), (["--django", "2.2"], nil), (["--django", "3.2.25"], nil), (["--serializer", "json"], nil),
            (["--django", "4.2"], "written in the layout of Django up to 3.0, which Django 4.2 does not read"),
            (["--django", "1.4"], "written as JSON, which Django 1.4 does not read"),
            (["--serializer", "pickle"], "the payload is not a pickle at byte 0"),
        ]
        for (options, why) in cases {
            let arguments = ["decode", "--secret-key-file", file] + options
            let (code, output, _) = try await sessiond(arguments, input: legacy)
            #expect(code == (why == nil ? 0 : 1), "\(options)")
            if let why { #expect(output.contains(why), "\(output)") }
        }
    }

    @Test(
        "decode says which choices an option has",
        arguments: [
            (["--encoding", "rot13"], "signed, cache"), (["--django", "2.3"], "from 1.4 to 6.1"),
            (["--serializer", "yaml"], "auto, json, pickle, msgpack"),
            (["--encoding", "cache", "--compressor", "brotli"], "auto, none, zlib, gzip, lzma, lz4, zstd"),
            (["--no-verify", "--compressor", "lz4"], "--compressor is for --encoding cache"),
        ]
    )
    func decodeChoices(options: [String], choices: String) async throws {
        let (code, _, errors) = try await sessiond(["decode"] + options, input: "")
        #expect(code == 64)
        #expect(errors.contains(choices), "\(errors)")
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
