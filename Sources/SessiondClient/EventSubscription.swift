import JSONRPC

/// Events as the daemon sends them, to be read by one task.
///
/// The sequence ends with an error where the daemon ends the subscription or the connection is lost, and without one where the reading
/// task is cancelled. Whoever stops reading is unsubscribed. A reader that is slow makes the daemon wait, and one that is
/// too slow is given up by the daemon; so read on, and work elsewhere.
public struct EventSubscription: AsyncSequence, Sendable {
    /// The id of the newest event at the moment of subscribing.
    public let position: String

    private let updateSequence: Updates

    /// The subscription that a result of `events.subscribe` names.
    init(
        connection: SessiondConnection,
        buffer: EventBuffer,
        stream: EventBuffer.Stream,
        result: ArraySlice<UInt8>
    ) throws(SessiondClientError) {
        let what = "a result of events.subscribe"
        let members = try Wire.decode(Members.self, from: result, what)
        position = members.position
        updateSequence = Updates(connection: connection, buffer: buffer, stream: stream)
        let number = members.subscription
        buffer.onAbandoned { [weak connection] in
            connection?.onLoop { $0.unsubscribe(number) }
        }
    }

    /// The events and, between them, the daemon's word on how far it has come.
    public var updates: Updates {
        updateSequence
    }

    /// An iterator over the events alone.
    public func makeAsyncIterator() -> Iterator {
        Iterator(updates: updateSequence.makeAsyncIterator())
    }

    private struct Members: Decodable {
        let subscription: Int
        let position: String
    }

    /// Reads the events.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var updates: Updates.Iterator

        /// The next event; nil where the task was cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(SessiondClientError) -> SessiondEvent? {
            while let update = try await updates.next(isolation: actor) {
                if case .event(let event) = update {
                    return event
                }
            }
            return nil
        }

        /// The next event; nil where the task was cancelled.
        public mutating func next() async throws(SessiondClientError) -> SessiondEvent? {
            try await next(isolation: #isolation)
        }
    }
}

extension EventSubscription {
    /// What a subscription is told.
    public enum Update: Hashable, Sendable {
        /// Something happened.
        case event(SessiondEvent)
        /// Every matching event up to this position was sent.
        case heartbeat(position: String)

        /// Where to resume after this.
        public var position: String {
            switch self {
            case .event(let event): event.id
            case .heartbeat(let position): position
            }
        }
    }

    /// Events and heartbeats, to be read by one task.
    public struct Updates: AsyncSequence, Sendable {
        fileprivate let connection: SessiondConnection
        fileprivate let buffer: EventBuffer
        fileprivate let stream: EventBuffer.Stream

        /// An iterator.
        public func makeAsyncIterator() -> Iterator {
            Iterator(connection: connection, buffer: buffer, base: stream.makeAsyncIterator())
        }

        /// Reads events and heartbeats.
        public struct Iterator: AsyncIteratorProtocol {
            /// Held, since a connection that nobody holds is closed.
            fileprivate let connection: SessiondConnection
            fileprivate let buffer: EventBuffer
            fileprivate var base: EventBuffer.Stream.Iterator

            /// The next of them; nil where the task was cancelled.
            public mutating func next(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(SessiondClientError) -> Update? {
                guard let outcome = await base.next(isolation: actor) else {
                    return nil
                }
                let notification = try outcome.get()
                if buffer.took() {
                    connection.onLoop { $0.readOn() }
                }
                switch notification {
                case .event(let text):
                    return .event(try SessiondEvent(json: text))
                case .heartbeat(let text):
                    return .heartbeat(position: try Wire.decode(String.self, from: text, "a heartbeat"))
                }
            }

            /// The next of them; nil where the task was cancelled.
            public mutating func next() async throws(SessiondClientError) -> Update? {
                try await next(isolation: #isolation)
            }
        }
    }
}
