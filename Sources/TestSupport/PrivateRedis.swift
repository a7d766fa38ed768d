import Foundation
import Synchronization

/// A redis-server of a test's own on a Unix socket, gone with its owner.
package final class PrivateRedis: Sendable {
    /// What a crash leaves.
    package enum Persistence: Sendable {
        /// Nothing: after a restart the server is empty.
        case none
        /// Every write that was answered.
        case everyWrite
    }

    private let program: String
    private let folder: TemporaryFolder
    private let options: [String]
    private let process: Mutex<ChildProcess?> = Mutex(nil)

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - program: another server of the same protocol, by its path.
    ///   - options: further command-line options, such as `--requirepass`.
    package init(
        program: String = "redis-server", persistence: Persistence = .none, options: [String] = []
    ) async throws {
        self.program = program
        folder = try TemporaryFolder()
        let durable = persistence == .none ? [] : ["--appendonly", "yes", "--appendfsync", "always"]
        self.options = durable + options
        try await start()
    }

    package var socketPath: String { folder.file("redis.sock") }

    /// The URL that redis-py and sessiond take.
    package func url(database: Int = 0) -> String { "unix://\(socketPath)?db=\(database)" }

    /// Starts the server anew after ``stop()`` or ``kill()``, and waits until it has loaded what it kept.
    ///
    /// - Parameter further: options of this start alone.
    package func start(options further: [String] = []) async throws {
        try launch(options: further)
        try await waitUntilReady()
    }

    /// As ``start(options:)``, without waiting.
    package func launch(options further: [String] = []) throws {
        let arguments = ["--port", "0", "--unixsocket", socketPath, "--save", "", "--dir", folder.path]
        let child = try ChildProcess(program, arguments + options + further)
        process.withLock { $0 = child }
    }

    /// Waits until the server has loaded what it kept and answers.
    package func waitUntilReady() async throws {
        let child = process.withLock { $0 }
        try await eventually(program) {
            guard let child, child.isRunning else { throw Timeout(description: "\(program) ended") }
            return child.printed.lowercased().contains("ready to accept connections")
        }
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

    /// Runs one command a line with redis-cli, each after the answer to the one before, and returns what they print.
    @discardableResult
    package func run(_ lines: [String]) async throws -> String {
        let input = Data((lines.joined(separator: "\n") + "\n").utf8)
        let result = try await ChildProcess.run("redis-cli", ["-s", socketPath], input: input)
        guard result.exitCode == 0 else { throw Timeout(description: "redis-cli: \(result.errors)") }
        return result.output
    }
}
