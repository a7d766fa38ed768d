import CLinux
import Foundation
import Glibc
import SocketService

/// What the daemon does with its process before it reads a secret.
package enum ProcessSetup {
    /// Sees to it that a crash writes no memory anywhere, and takes from the environment what the service manager has put there
    /// for this process alone.
    ///
    /// To be called first, while nobody else reads the environment.
    ///
    /// - Returns: the environment as it was found.
    package static func prepare() -> [String: String] {
        // No core dumps; nobody else of the same user can attach to the process either, and `/proc/<pid>` belongs to root.
        // The kernel never refuses a 0.
        _ = clinux_forbid_dumps()
        StandardError.prepare()
        let environment = ProcessInfo.processInfo.environment
        if environment["SWIFT_BACKTRACE"] == nil { forbidBacktraces() }
        for variable in PassedSocket.variables { unsetenv(variable) }
        return environment
    }

    /// Ends the process at once where it crashes, as the system does by itself.
    ///
    /// Swift's runtime otherwise prints a backtrace with what the registers point to, which goes to a log and may be a key. After a
    /// SIGABRT from outside, as a watchdog sends it, the process even goes on. `$SWIFT_BACKTRACE` asks for it nonetheless.
    private static func forbidBacktraces() {
        for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }
}
