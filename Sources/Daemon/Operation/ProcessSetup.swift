import CLinux
import Foundation
import Glibc
import Listening

/// What the daemon does with its process before it reads a secret.
package enum ProcessSetup {
    /// How many bytes make a block large, and how many free ones are kept for the next request.
    private static let (largeByteCount, spareByteCount): (Int32, Int32) = (256 << 10, 1 << 20)

    /// Sees to it that a crash writes no memory anywhere and that freed memory goes back to the system, and takes from the
    /// environment what the service manager has put there for this process alone.
    ///
    /// To be called first, while nobody else reads the environment.
    ///
    /// - Returns: the environment as it was found.
    package static func prepare() -> [String: String] {
        // No core dumps; nobody else of the same user can attach to the process either, and `/proc/<pid>` belongs to root.
        // The kernel never refuses a 0.
        _ = clinux_forbid_dumps()
        // By itself Glibc takes large blocks that come and go for a reason to keep up to 64 MiB of freed memory for each thread: some
        // clients that send requests of a megabyte would have the process grow by several hundred.
        _ = clinux_return_freed_memory(largeByteCount, spareByteCount)
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
