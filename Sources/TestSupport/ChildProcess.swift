package import Foundation

/// A program that a test starts: what it prints is kept, and it does not outlive its owner.
///
/// Its ends are files, not pipes: programs that other tests start meanwhile inherit pipes, and then no reader ever sees
/// their end.
package final class ChildProcess: Sendable {
    private let process: Process
    private let folder: TemporaryFolder

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: of the executable; a bare name is looked for in `PATH`.
    ///   - environment: added to the test's own, of which no `SESSIOND_…` is passed on.
    ///   - directory: where it runs; nil for where the test runs.
    ///   - input: what it reads on standard input.
    package init(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        input: Data = Data()
    ) throws {
        folder = try TemporaryFolder()
        process = Process()
        process.executableURL = URL(fileURLWithPath: path.contains("/") ? path : "/usr/bin/env")
        process.arguments = path.contains("/") ? arguments : [path] + arguments
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("SESSIOND_") }
            .merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        for name in ["output", "errors"] { try Data().write(to: folder.url(name)) }
        try input.write(to: folder.url("input"))
        let handles = (
            output: try FileHandle(forWritingTo: folder.url("output")),
            errors: try FileHandle(forWritingTo: folder.url("errors")),
            input: try FileHandle(forReadingFrom: folder.url("input"))
        )
        process.standardOutput = handles.output
        process.standardError = handles.errors
        process.standardInput = handles.input
        try Self.withSignalsUnblocked { try process.run() }
        // The child has its own. Foundation keeps these as long as it keeps the process, and with more than about 1,300
        // descriptors it reads beyond a page when it starts the next one.
        for handle in [handles.output, handles.errors, handles.input] { try handle.close() }
    }

    /// A child inherits the signal mask of the thread that starts it, and threads of the concurrency runtime block all.
    private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
        var (none, previous) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try body()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// What it has printed so far.
    package var printed: String { text("output") }
    /// What it has printed on standard error so far.
    package var printedErrors: String { text("errors") }

    private func text(_ name: String) -> String {
        String(decoding: (try? Data(contentsOf: folder.url(name))) ?? Data(), as: UTF8.self)
    }

    package var isRunning: Bool { process.isRunning }
    package var processIdentifier: Int32 { process.processIdentifier }

    package func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits for the end and returns the exit code; a signal's number with a minus sign where one ended it.
    ///
    /// - Throws: ``Timeout``.
    package func exitCode() async throws -> Int32 {
        try await eventually("the end of \(process.executableURL?.lastPathComponent ?? "the program")") {
            !self.process.isRunning
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Runs a program to its end.
    package static func run(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        input: Data = Data()
    ) async throws -> (exitCode: Int32, output: String, errors: String) {
        let child = try ChildProcess(path, arguments, environment: environment, directory: directory, input: input)
        return (try await child.exitCode(), child.printed, child.printedErrors)
    }
}

/// Something that a test waited for did not come.
package struct Timeout: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}

/// How long a test waits at most for what has to come, in seconds: long, since machines are slow and shared.
package let patienceSeconds = 60.0

/// Waits until a condition holds.
///
/// - Parameter what: read when the wait is over.
/// - Throws: ``Timeout`` after ``patienceSeconds``.
package func eventually(_ what: @autoclosure () -> String, _ condition: () async throws -> Bool) async throws {
    let deadline = Date(timeIntervalSinceNow: patienceSeconds)
    var pauseMilliseconds = 5
    while try await !condition() {
        guard Date() < deadline else { throw Timeout(description: "waited in vain for \(what())") }
        try await Task.sleep(for: .milliseconds(pauseMilliseconds))
        // What takes long is looked at less often: the machine has other tests to run.
        pauseMilliseconds = min(pauseMilliseconds * 3 / 2, 50)
    }
}
