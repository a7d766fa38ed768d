package import Foundation
import Glibc
import Synchronization

/// A program that a test starts: what it prints is kept, and it does not outlive its owner.
///
/// Its ends are files, not pipes: programs that other tests start meanwhile inherit pipes, and then no reader ever sees
/// their end. It is started by posix_spawn(3): with more than about 1,300 descriptors Foundation's `Process` reads beyond a page.
package final class ChildProcess: Sendable {
    package let processIdentifier: Int32
    private let name: String
    private let folder: TemporaryFolder
    /// Its exit code once it has ended; a signal's number with a minus sign where one ended it.
    private let ending = Mutex<Int32?>(nil)

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
        for name in ["output", "errors"] { try Data().write(to: folder.url(name)) }
        try input.write(to: folder.url("input"))
        name = URL(fileURLWithPath: path).lastPathComponent
        let variables = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("SESSIOND_") }
            .merging(environment) { $1 }
            .map { "\($0)=\($1)" }
        let words = (directory.map { ["env", "--chdir", $0] } ?? []) + [path] + arguments
        processIdentifier = try Self.spawn(words, variables, in: folder)
    }

    private static func spawn(
        _ arguments: [String], _ variables: [String], in folder: TemporaryFolder
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, folder.file("input"), O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder.file("output"), O_WRONLY | O_APPEND, 0)
        posix_spawn_file_actions_addopen(&actions, 2, folder.file("errors"), O_WRONLY | O_APPEND, 0)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A child inherits the signal mask of the thread that starts it, and threads of the concurrency runtime block all.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let words = arguments.map { strdup($0) } + [nil]
        let environment = variables.map { strdup($0) } + [nil]
        defer { for text in words + environment { free(text) } }
        var identifier: pid_t = 0
        let status = posix_spawnp(&identifier, arguments[0], &actions, &attributes, words, environment)
        guard status == 0 else {
            throw CannotStart(description: "\(arguments[0]): \(String(cString: strerror(status)))")
        }
        return identifier
    }

    /// A program could not be started.
    private struct CannotStart: Error, CustomStringConvertible {
        let description: String
    }

    deinit {
        if isRunning {
            kill(processIdentifier, SIGKILL)
            waitpid(processIdentifier, nil, 0)
        }
    }

    /// What it has printed so far.
    package var printed: String { text("output") }
    /// What it has printed on standard error so far.
    package var printedErrors: String { text("errors") }

    private func text(_ name: String) -> String {
        String(decoding: (try? Data(contentsOf: folder.url(name))) ?? Data(), as: UTF8.self)
    }

    package var isRunning: Bool { result == nil }

    /// The exit code, if it has ended.
    private var result: Int32? {
        ending.withLock { ending in
            var status: Int32 = 0
            if ending == nil, waitpid(processIdentifier, &status, WNOHANG) != 0 {
                let signal = status & 0x7F
                ending = signal == 0 ? status >> 8 & 0xFF : -signal
            }
            return ending
        }
    }

    package func signal(_ number: Int32) {
        if isRunning { kill(processIdentifier, number) }
    }

    /// Waits for the end and returns the exit code; a signal's number with a minus sign where one ended it.
    ///
    /// - Throws: ``Timeout``.
    package func exitCode() async throws -> Int32 {
        var code: Int32?
        try await eventually("the end of \(name)") {
            code = self.result
            return code != nil
        }
        return code ?? 0
    }

    /// Runs a program to its end, and blocks the thread meanwhile.
    package static func runBlocking(
        _ path: String, _ arguments: [String]
    ) throws -> (exitCode: Int32, output: String) {
        let child = try ChildProcess(path, arguments)
        while child.isRunning { usleep(1000) }
        return (child.result ?? 0, child.printed)
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

/// How long a test waits at most for what has to come, in seconds: long, since machines are slow and shared. `$SESSIOND_TEST_PATIENCE`
/// is how many times that, for builds that are slow themselves.
package let patienceSeconds =
    60 * (ProcessInfo.processInfo.environment["SESSIOND_TEST_PATIENCE"].flatMap(Double.init) ?? 1)

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
