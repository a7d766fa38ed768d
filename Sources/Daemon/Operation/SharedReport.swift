import NIOCore
import Synchronization

/// A report for whoever asks, made no more often than at an interval: those who ask meanwhile share the next one.
///
/// Everybody's is made after he has asked.
final class SharedReport<Report: Sendable>: Sendable {
    private let interval: TimeAmount
    private let loop: any EventLoop
    private let make: @Sendable () -> Report
    private let state = Mutex(State())

    private struct State {
        var waiting: [@Sendable (Report) -> Void] = []
        var madeAt: NIODeadline?
    }

    /// - Parameter make: called on the loop.
    init(every interval: TimeAmount, on loop: any EventLoop, make: @escaping @Sendable () -> Report) {
        self.interval = interval
        self.loop = loop
        self.make = make
    }

    /// Callable on any thread.
    ///
    /// - Parameter completion: called once, on the loop.
    func ask(_ completion: @escaping @Sendable (Report) -> Void) {
        let due: NIODeadline? = state.withLock { state in
            state.waiting.append(completion)
            guard state.waiting.count == 1 else { return nil }
            return state.madeAt.map { $0 + interval } ?? loop.now
        }
        guard let due else { return }
        if due <= loop.now { loop.execute { self.tell() } } else { loop.scheduleTask(deadline: due) { self.tell() } }
    }

    private func tell() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.madeAt = loop.now
            return state.waiting
        }
        let report = make()
        for completion in waiting { completion(report) }
    }
}
