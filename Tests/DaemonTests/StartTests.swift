import Foundation
import SessiondClient
import TestSupport
import Testing

/// What the daemon says where it cannot start, and how it starts and stops where it can.
@Suite struct StartTests {
    /// Runs `serve` to its end with a Redis URL that nobody is behind.
    private func serve(_ options: [String], environment: [String: String] = [:]) async throws -> (Int32, String) {
        let folder = try TemporaryFolder()
        let result = try await ChildProcess.run(
            Places.sessiond,
            ["serve", "--socket", folder.file("s.sock"), "--state-directory", folder.file("state")] + options,
            environment: environment
        )
        return (result.exitCode, result.errors)
    }

    @Test("Without a key and without --no-verify it refuses to start and says why")
    func noKey() async throws {
        let (code, errors) = try await serve([])
        #expect(code == 64)
        #expect(
            errors.contains("no secret key") && errors.contains("--secret-key-file") && errors.contains("--no-verify"))
    }

    @Test("A key and --no-verify exclude each other")
    func keyAndNoVerify() async throws {
        let (code, errors) = try await serve(["--no-verify"], environment: ["SESSIOND_SECRET_KEY": "k"])
        #expect(code == 64)
        #expect(errors.contains("exclude each other"))
    }

    @Test(
        "Options that cannot be are refused by their name",
        arguments: [
            (["--redis-url", "http://x"], "--redis-url"), (["--redis-url", "redis://h:0"], "port"),
            (["--redis-url", "redis://h?ssl_certfile=x"], "rediss://"),
            (["--key-pattern", "sessions:*"], "--key-pattern"),
            (["--max-staleness", "soon"], "--max-staleness"), (["--socket-mode", "rw"], "--socket-mode"),
            (["--socket-group", "no such group"], "--socket-group"), (["--encoding", "rot13"], "--encoding"),
            (["--log-level", "loud"], "--log-level"), (["--config", "/nonexistent"], "--config"),
            (["--secret-key-file", "/nonexistent"], "--secret-key-file"),
        ]
    )
    func badOptions(options: [String], named: String) async throws {
        let (code, errors) = try await serve(options, environment: ["SESSIOND_SECRET_KEY": "k"])
        #expect(code == 64)
        #expect(errors.contains(named), "\(errors)")
    }

    @Test("A password in a bad URL is not repeated")
    func passwordInURL() async throws {
        let (code, errors) = try await serve(
            ["--redis-url", "redis://:hunter2@h:99999"], environment: ["SESSIOND_SECRET_KEY": "k"]
        )
        #expect(code == 64)
        #expect(!errors.contains("hunter2"))
    }

    @Test("A flag beats the environment, which beats the configuration file")
    func precedence() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("socket-mode: nonsense-of-file\nlog-level: nonsense-of-file\n", to: "c.yaml")
        let key = ["SESSIOND_SECRET_KEY": "k"]
        let (_, fromFile) = try await serve(["--config", file], environment: key)
        #expect(fromFile.contains("--socket-mode"))
        let environment = key.merging(["SESSIOND_SOCKET_MODE": "0600"]) { $1 }
        let (_, fromEnvironment) = try await serve(["--config", file], environment: environment)
        #expect(fromEnvironment.contains("--log-level"))
        let (_, fromFlag) = try await serve(
            ["--config", file, "--socket-mode", "nonsense-of-flag", "--log-level", "info"], environment: environment
        )
        #expect(fromFlag.contains("--socket-mode"))
    }

    @Test(
        "A configuration file that is none, or names no option, is refused",
        arguments: ["- a\n", "max-stalenes: 1\n", "a: [\n"])
    func badFile(content: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(content, to: "c.yaml")
        let (code, errors) = try await serve(["--config", file], environment: ["SESSIOND_SECRET_KEY": "k"])
        #expect(code == 64)
        #expect(errors.contains("--config: cannot read \(file)"))
    }

    @Test("A configuration file in which every line is a comment says nothing", arguments: ["", "# log-level: loud\n"])
    func emptyFile(content: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(content, to: "c.yaml")
        let (code, errors) = try await serve(["--config", file])
        #expect(code == 64)
        #expect(errors.contains("no secret key"), "\(errors)")
    }

    @Test("A configuration file may be JSON")
    func jsonFile() async throws {
        let redis = try await PrivateRedis()
        let folder = try TemporaryFolder()
        let file = try folder.write(
            #"{"max-staleness": 2, "log-format": "json", "no-configure-redis": true}"#, to: "c.json")
        let daemon = try DaemonProcess(redisURL: redis.url(), options: ["--config", file])
        try await daemon.waitForLog(#""level":"warning","message":"Redis does not announce all changes"#)
    }

    @Test(
        "It tells when it is ready, serves a socket of mode 0660, and stops cleanly without it",
        arguments: [SIGTERM, SIGINT])
    func startAndStop(signal: Int32) async throws {
        let redis = try await PrivateRedis()
        let daemon = try DaemonProcess(redisURL: redis.url())
        try await daemon.waitUntilReady()
        let attributes = try FileManager.default.attributesOfItem(atPath: daemon.socketPath)
        #expect(attributes[.posixPermissions] as? Int == 0o660)
        #expect(daemon.log.contains("no key in Redis matches django_sessions:{session_key}"))
        #expect(try await daemon.stop(signal) == 0)
        #expect(!FileManager.default.fileExists(atPath: daemon.socketPath))
    }

    @Test("A live daemon's socket is left alone; a dead one's is replaced")
    func takeOver() async throws {
        let redis = try await PrivateRedis()
        let first = try DaemonProcess(redisURL: redis.url())
        try await first.waitUntilReady()
        let second = try DaemonProcess(redisURL: redis.url(), folder: first.folder)
        #expect(try await second.exitCode() == 1)
        #expect(second.log.contains("another sessiond listens"))
        #expect(try await first.connect().status().link.state == "live")

        #expect(try await first.stop(SIGKILL) == -SIGKILL)
        #expect(FileManager.default.fileExists(atPath: first.socketPath))
        let third = try DaemonProcess(redisURL: redis.url(), folder: first.folder)
        try await third.waitUntilReady()
        #expect(try await third.connect().status().link.state == "live")
    }

    @Test("The service manager is told through NOTIFY_SOCKET")
    func notify() async throws {
        let redis = try await PrivateRedis()
        let folder = try TemporaryFolder()
        let listener = try ChildProcess("socat", ["-u", "UNIX-RECV:\(folder.file("notify"))", "-"])
        try await eventually("the notify socket") { FileManager.default.fileExists(atPath: folder.file("notify")) }
        let daemon = try DaemonProcess(redisURL: redis.url(), environment: ["NOTIFY_SOCKET": folder.file("notify")])
        try await daemon.waitUntilReady()
        try await eventually("READY=1") { listener.printed.contains("READY=1") }
        #expect(try await daemon.stop() == 0)
        try await eventually("STOPPING=1") { listener.printed.contains("STOPPING=1") }
    }

    @Test("The daemon is linked with libhiredis")
    func hiredis() async throws {
        let result = try await ChildProcess.run("ldd", [Places.sessiond])
        #expect(result.output.contains("libhiredis.so"))
    }
}
