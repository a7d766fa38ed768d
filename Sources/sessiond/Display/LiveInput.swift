import SessiondClient
import Synchronization
import UnixSignals

/// What a command that goes on until it is ended waits for.
enum LiveInput: Sendable {
    /// What the daemon told of events.
    case step(EventFollower.Step)
    /// There will be no more events.
    case stepsEnded(SessiondClientError)
    /// The daemon said how it is doing, or could not be asked.
    case status(Result<ServerStatus, SessiondClientError>)
    /// What the daemon accepts at most; told once a connection.
    case info(ServerInfo)
    /// A key was pressed.
    case key(UInt8)
    /// The window has another size.
    case resized
    /// A signal asks for the end.
    case end(UnixSignal)
}

/// Everything that is waited for, in the order in which it comes.
enum LiveInputs {
    /// The signals that are waited for. From here on they end nothing by themselves.
    static func signals() async -> UnixSignalsSequence {
        await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup, .sigwinch)
    }

    /// Runs `body` for each input until it says that it is the last one.
    ///
    /// - Parameters:
    ///   - path: The daemon's socket.
    ///   - steps: The events to follow.
    ///   - interval: How often the daemon is asked how it is doing.
    ///   - isPatient: Whether a daemon that is not there at the beginning is waited for, as it is later on.
    ///   - signals: What `signals()` gave.
    ///   - keys: What is typed, until the terminal goes; nil where nobody reads it.
    static func each(
        path: String?, _ steps: EventFollower, every interval: Duration, isPatient: Bool = false,
        signals: UnixSignalsSequence,
        keys: AsyncStream<UInt8>? = nil,
        _ body: (LiveInput) throws -> Bool
    ) async throws {
        let (inputs, input) = AsyncStream<LiveInput>.makeStream()
        let room = StepRoom()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals { input.yield(signal == .sigwinch ? .resized : .end(signal)) }
            }
            group.addTask { await follow(steps, isPatient: isPatient, room, input) }
            group.addTask { await poll(path, every: interval, input) }
            if let keys {
                group.addTask {
                    for await key in keys { input.yield(.key(key)) }
                    input.yield(.end(.sighup))
                }
            }
            defer { group.cancelAll() }
            for await input in inputs {
                if case .step = input { room.give() }
                if try body(input) { break }
            }
        }
    }

    private static func follow(
        _ steps: EventFollower, isPatient: Bool, _ room: StepRoom, _ input: AsyncStream<LiveInput>.Continuation
    ) async {
        while !Task.isCancelled {
            do throws(SessiondClientError) {
                var iterator = steps.makeAsyncIterator()
                while let step = try await iterator.next() {
                    await room.take()
                    input.yield(.step(step))
                }
            } catch {
                guard isPatient, isPassing(error) else {
                    input.yield(.stepsEnded(error))
                    return
                }
            }
            try? await Task.sleep(for: patience)
        }
    }

    /// How long to wait before the next attempt.
    private static let patience = Duration.seconds(1)

    /// Whether a daemon that is started again mends it.
    private static func isPassing(_ error: SessiondClientError) -> Bool {
        switch error {
        case .noSocket, .nobodyListens, .permissionDenied, .notConnected, .connectionClosed, .timedOut: true
        case .pathTooLong, .cancelled, .requestTooLong, .refused, .unintelligible: false
        }
    }

    private static func poll(
        _ path: String?, every interval: Duration, _ input: AsyncStream<LiveInput>.Continuation
    ) async {
        var connection: SessiondConnection?
        while !Task.isCancelled {
            do throws(SessiondClientError) {
                let asked: SessiondConnection
                if let connection {
                    asked = connection
                } else {
                    asked = try await SessiondConnection.connect(path: path)
                    connection = asked
                    input.yield(.info(try await asked.info()))
                }
                input.yield(.status(.success(try await asked.status())))
            } catch {
                // A right that is missing is no reason to connect again.
                if case .refused = error {} else { connection = nil }
                if error != .cancelled { input.yield(.status(.failure(error))) }
            }
            try? await Task.sleep(for: interval)
        }
    }
}

/// How many events may wait to be shown: the daemon is read no faster, and a key or a signal waits behind no more of them.
private final class StepRoom: Sendable {
    private static let countMax = 256
    private static let pause = Duration.milliseconds(2)
    private let count = Atomic(0)

    func take() async {
        while count.load(ordering: .relaxed) >= Self.countMax, !Task.isCancelled {
            try? await Task.sleep(for: Self.pause)
        }
        count.wrappingAdd(1, ordering: .relaxed)
    }

    func give() { count.wrappingSubtract(1, ordering: .relaxed) }
}
