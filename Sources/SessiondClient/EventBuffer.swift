import Synchronization

/// Where a connection puts what a subscription is sent, for the one task that reads the stream at the other end.
///
/// The buffer does not hold the stream: a stream that nobody holds any more tells so, and the subscription is ended.
final class EventBuffer: Sendable {
    /// What stands in a notification, before it is decoded: that is left to the reader's task.
    enum Notification: Sendable {
        case event(ArraySlice<UInt8>)
        case heartbeat(ArraySlice<UInt8>)
    }

    /// What the reader gets: notifications, and at last the error that ended the subscription.
    typealias Stream = AsyncStream<Result<Notification, SessiondClientError>>

    /// From this many on the connection reads no more from its socket, unless somebody waits for an answer.
    private static let countMax = 1024

    private let continuation: Stream.Continuation
    /// How many notifications wait for the reader.
    private let count = Atomic(0)

    private init(_ continuation: Stream.Continuation) {
        self.continuation = continuation
    }

    /// A buffer and the stream of what is put into it.
    static func make() -> (buffer: EventBuffer, stream: Stream) {
        let (stream, continuation) = Stream.makeStream()
        return (EventBuffer(continuation), stream)
    }

    /// Whether the connection should wait for the reader.
    var isFull: Bool {
        count.load(ordering: .relaxed) >= Self.countMax
    }

    /// Adds a notification.
    func push(_ notification: Notification) {
        count.wrappingAdd(1, ordering: .relaxed)
        continuation.yield(.success(notification))
    }

    /// Ends the stream, after what is in it.
    func finish(_ error: SessiondClientError) {
        continuation.yield(.failure(error))
        continuation.finish()
    }

    /// Counts a notification as read; true where the connection may read on from now.
    func took() -> Bool {
        count.wrappingSubtract(1, ordering: .relaxed).newValue == Self.countMax / 2
    }

    /// Calls `body` when nobody reads any more.
    func onAbandoned(_ body: @escaping @Sendable () -> Void) {
        continuation.onTermination = { reason in
            if case .cancelled = reason {
                body()
            }
        }
    }
}
