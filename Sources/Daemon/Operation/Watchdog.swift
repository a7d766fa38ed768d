import Foundation
import Glibc
import NIOCore

/// Tells the service manager at intervals that the event loops turn, as sd_watchdog_enabled(3) describes.
final class Watchdog: Sendable {
    private let turns: [SocketTurn]
    private let task: RepeatedTask

    /// Half of the time that `$WATCHDOG_USEC` allows; nil where nobody watches this process.
    static func interval(environment: [String: String], pid: Int32) -> TimeAmount? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 1 else {
            return nil
        }
        if let watched = environment["WATCHDOG_PID"], Int32(watched) != pid { return nil }
        return .microseconds(microseconds / 2)
    }

    /// Starts to tell, if there is somebody who wants to hear it.
    static func start(
        environment: [String: String], over first: any EventLoop, and second: any EventLoop
    ) async throws -> Watchdog? {
        guard let interval = interval(environment: environment, pid: getpid()) else { return nil }
        return try await Watchdog(every: interval, over: first, and: second) {
            Readiness.notify("WATCHDOG=1", mayBeLost: true)
        }
    }

    /// A sign of life takes its way through a socket of either loop: where one of them hangs, or is kept from its sockets by what
    /// else it has to do, it does not come.
    init(
        every interval: TimeAmount, over first: any EventLoop, and second: any EventLoop,
        _ tell: @escaping @Sendable () -> Void
    ) async throws {
        let last = try await SocketTurn.open(on: second, reached: tell)
        let next = try await SocketTurn.open(on: first) { last.begin() }
        turns = [next, last]
        task = first.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in next.begin() }
    }

    func cancel() {
        task.cancel()
        for turn in turns { turn.close() }
    }
}
