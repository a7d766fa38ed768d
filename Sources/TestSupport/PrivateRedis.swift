import Foundation
import Synchronization

/// A redis-server of a test's own on a Unix socket, without persistence, gone with its owner.
package final class PrivateRedis: Sendable {
    private let folder: TemporaryFolder
    private let options: [String]
    private let process: Mutex<ChildProcess?> = Mutex(nil)

    /// Starts a server and waits until it answers.
    ///
    /// - Parameter options: further command-line options, such as `--requirepass`.
    package init(options: [String] = []) async throws {
        folder = try TemporaryFolder()
        self.options = options
        try await start()
    }

    package var socketPath: String { folder.file("redis.sock") }

    /// The URL that redis-py and sessiond take.
    package func url(database: Int = 0) -> String { "unix://\(socketPath)?db=\(database)" }

    /// Starts the server anew after ``stop()`` or ``kill()``; it comes back empty.
    package func start() async throws {
        let arguments = ["--port", "0", "--unixsocket", socketPath, "--save", "", "--dir", folder.path]
        let child = try ChildProcess("redis-server", arguments + options)
        process.withLock { $0 = child }
        try await eventually("redis-server") { child.printed.contains("ready to accept connections") }
    }

    /// Ends the server cleanly.
    package func stop() async throws {
        try await end(SIGTERM)
    }

    /// Ends the server as a crash would.
    package func kill() async throws {
        try await end(SIGKILL)
    }

    /// Sends the server a signal, such as SIGSTOP.
    package func signal(_ number: Int32) {
        process.withLock { $0 }?.signal(number)
    }

    private func end(_ number: Int32) async throws {
        let child = process.withLock { $0 }
        child?.signal(number)
        _ = try await child?.exitCode()
        try? FileManager.default.removeItem(atPath: socketPath)
    }

    /// Runs one command with redis-cli and returns what it prints, without the last line's end.
    ///
    /// - Parameter value: the command's last argument where it is no text; it goes by standard input.
    @discardableResult
    package func command(_ arguments: String..., value: [UInt8]? = nil) async throws -> String {
        let options = ["-s", socketPath] + (value == nil ? [] : ["-x"])
        let result = try await ChildProcess.run("redis-cli", options + arguments, input: Data(value ?? []))
        guard result.exitCode == 0 else { throw Timeout(description: "redis-cli: \(result.errors)") }
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }
}
