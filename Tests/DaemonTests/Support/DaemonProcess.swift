import Foundation
import SessiondClient
import TestSupport

/// `sessiond serve` as a process of its own.
final class DaemonProcess: Sendable {
    let folder: TemporaryFolder
    let socketPath: String
    private let child: ChildProcess

    /// Starts a daemon; `waitUntilReady()` waits for it.
    ///
    /// - Parameters:
    ///   - secretKeys: the lines of its key file; nil for none.
    ///   - options: added to the command line.
    init(
        redisURL: String, secretKeys: [String]? = [Rig.secretKey], folder: TemporaryFolder? = nil,
        options: [String] = [], environment: [String: String] = [:]
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        socketPath = folder.file("s.sock")
        var arguments = [
            "serve", "--redis-url", redisURL, "--socket", socketPath, "--state-directory", folder.file("state"),
        ]
        if let secretKeys {
            let file = try folder.write(secretKeys.joined(separator: "\n") + "\n", to: "secret_key")
            arguments += ["--secret-key-file", file]
        }
        child = try ChildProcess(Places.sessiond, arguments + options, environment: environment)
    }

    /// Its log so far.
    var log: String { child.printedErrors }

    func waitUntilReady() async throws {
        try await eventually("the daemon to be ready; it says: \(log)") {
            guard self.child.isRunning else { throw Timeout(description: "the daemon ended: \(self.log)") }
            return self.log.split(separator: "\n").contains { $0.hasPrefix("ready") }
        }
    }

    func waitForLog(_ text: String) async throws {
        try await eventually("the log to say '\(text)'") { self.log.contains(text) }
    }

    func connect() async throws -> SessiondConnection {
        try await eventually("the socket") { FileManager.default.fileExists(atPath: self.socketPath) }
        let transcript = Transcript()
        return try await SessiondConnection.connect(path: socketPath, timeout: .seconds(patienceSeconds)) {
            transcript?.record($0, $1)
        }
    }

    /// Sends it a signal, such as SIGSTOP.
    func signal(_ number: Int32) {
        child.signal(number)
    }

    /// Asks it to stop and returns the exit code.
    func stop(_ number: Int32 = SIGTERM) async throws -> Int32 {
        child.signal(number)
        return try await child.exitCode()
    }

    func exitCode() async throws -> Int32 {
        try await child.exitCode()
    }
}
