import Foundation
import Glibc
import NIOCore

/// Tells the service manager at intervals that the event loops turn, as sd_watchdog_enabled(3) describes.
enum Watchdog {
    /// Half of the time that `$WATCHDOG_USEC` allows; nil where nobody watches this process.
    static func interval(environment: [String: String], pid: Int32) -> TimeAmount? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 1 else {
            return nil
        }
        if let watched = environment["WATCHDOG_PID"], Int32(watched) != pid { return nil }
        return .microseconds(microseconds / 2)
    }

    /// Starts to tell, if there is somebody who wants to hear it.
    ///
    /// A sign of life takes its way over both loops: where one of them hangs, it does not come.
    static func start(
        environment: [String: String], over first: any EventLoop, and second: any EventLoop
    ) -> RepeatedTask? {
        interval(environment: environment, pid: getpid()).map { interval in
            tell(every: interval, over: first, and: second) { Readiness.notify("WATCHDOG=1", mayBeLost: true) }
        }
    }

    static func tell(
        every interval: TimeAmount, over first: any EventLoop, and second: any EventLoop,
        _ tell: @escaping @Sendable () -> Void
    ) -> RepeatedTask {
        first.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in second.execute(tell) }
    }
}
