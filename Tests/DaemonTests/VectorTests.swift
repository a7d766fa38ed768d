import Foundation
import TestSupport
import Testing

/// Every conversation of `Protocols/vectors/socket`, with a live daemon.
@Suite(.enabled(if: Places.hasPython, "`make test` sets up the Python that this needs")) struct VectorTests {
    @Test("Every vector is answered as it says, and every answer is as the schemas say")
    func vectors() async throws {
        let redis = try await PrivateRedis()
        let folder = try TemporaryFolder()
        let scripts = "\(Places.root)/Tests/Protocols"
        let prepared = try await ChildProcess.run(
            Places.python,
            [
                "\(scripts)/prepare_redis.py", "--redis-socket", redis.socketPath, "--db", "0", "--secret-key-file",
                folder.file("keys"),
            ]
        )
        #expect(prepared.exitCode == 0, "\(prepared.errors)")
        let daemon = try DaemonProcess(
            redisURL: redis.url(), secretKeys: nil, options: ["--secret-key-file", folder.file("keys")]
        )
        try await daemon.waitUntilReady()
        let run = try await ChildProcess.run(
            Places.python, ["\(scripts)/run_vectors.py", "--socket", daemon.socketPath]
        )
        #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains(" 0 failed"))
    }
}
