/// Events without an end: connects again when the connection is lost, and resumes where it was.
///
/// The first connection must succeed; later ones are tried again and again with growing pauses. Where the journal no longer holds what
/// follows the last position, the follower says so and goes on with the oldest event held.
public struct EventFollower: AsyncSequence, Sendable {
    /// What a follower tells.
    public enum Step: Hashable, Sendable {
        /// Connected and subscribed; events follow this position. An empty one stands for the oldest event held.
        case subscribed(position: String)
        /// An event, or the word that every matching event up to a position was sent.
        case update(EventSubscription.Update)
        /// The connection is lost or could not be made; the next attempt follows after this time.
        case interrupted(SessiondClientError, retryAfter: Duration)
        /// Events were missed, since the journal does not hold what follows the last position. `oldest` is the oldest event held.
        case positionLost(oldest: String?)
    }

    /// The pauses between attempts: each is twice as long as the one before, and shortened by up to a half at random, so that many
    /// clients do not come back at once.
    public struct Backoff: Hashable, Sendable {
        /// The pause after the first failure.
        public var first: Duration
        /// The longest pause.
        public var longest: Duration

        /// Pauses from `first` to `longest`.
        public init(first: Duration = .milliseconds(100), longest: Duration = .seconds(5)) {
            self.first = first
            self.longest = longest
        }

        func pause(failures: Int) -> Duration {
            let doubled = first * (1 << Swift.min(Swift.max(failures - 1, 0), 16))
            return Swift.min(doubled, longest) * Double.random(in: 0.5...1)
        }
    }

    private let path: String?
    private let after: String?
    private let filter: SubscriptionFilter
    private let backoff: Backoff

    /// A follower of what the daemon behind a socket sends.
    ///
    /// - Parameters:
    ///   - path: The socket's path; the usual places are searched at each attempt where it is nil.
    ///   - after: The id of the last event that is known; `""` for all that are held; nil for what comes from now on.
    ///   - filter: Which events.
    ///   - backoff: The pauses between attempts.
    public init(
        path: String? = nil,
        after: String? = nil,
        filter: SubscriptionFilter = .all,
        backoff: Backoff = Backoff()
    ) {
        self.path = path
        self.after = after
        self.filter = filter
        self.backoff = backoff
    }

    /// An iterator, which makes its own connection.
    public func makeAsyncIterator() -> Iterator {
        Iterator(path: path, position: after, filter: filter, backoff: backoff)
    }

    /// Follows the events.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let path: String?
        fileprivate var position: String?
        fileprivate let filter: SubscriptionFilter
        fileprivate let backoff: Backoff
        private var updates: EventSubscription.Updates.Iterator?
        private var failures = 0
        private var hasSubscribed = false
        private var pause: Duration?

        fileprivate init(path: String?, position: String?, filter: SubscriptionFilter, backoff: Backoff) {
            self.path = path
            self.position = position
            self.filter = filter
            self.backoff = backoff
        }

        /// The next step; nil where the task was cancelled.
        ///
        /// - Throws: Why the first connection failed, or an error that trying again cannot mend, such as a missing right.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(SessiondClientError) -> Step? {
            if let pause {
                self.pause = nil
                try? await Task.sleep(for: pause)
            }
            guard !Task.isCancelled else {
                return nil
            }
            do throws(SessiondClientError) {
                return try await advance(isolation: actor)
            } catch {
                updates = nil
                return try recover(from: error)
            }
        }

        /// The next step; nil where the task was cancelled.
        public mutating func next() async throws(SessiondClientError) -> Step? {
            try await next(isolation: #isolation)
        }

        private mutating func advance(
            isolation actor: isolated (any Actor)?
        ) async throws(SessiondClientError) -> Step? {
            guard var updates else {
                let connection = try await SessiondConnection.connect(path: path)
                let subscription = try await connection.subscribe(after: position, filter: filter)
                hasSubscribed = true
                self.updates = subscription.updates.makeAsyncIterator()
                let position = position ?? subscription.position
                self.position = position
                return .subscribed(position: position)
            }
            let update = try await updates.next(isolation: actor)
            self.updates = updates
            guard let update else {
                return nil
            }
            failures = 0
            position = update.position
            return .update(update)
        }

        /// Whether and how to go on after an error.
        private mutating func recover(from error: SessiondClientError) throws(SessiondClientError) -> Step? {
            switch error {
            case .cancelled:
                return nil
            case .refused(let refusal) where refusal.code == RemoteError.Code.positionLost && position != "":
                position = ""
                return .positionLost(oldest: refusal.oldest)
            case .refused(let refusal)
            where refusal.code == RemoteError.Code.unavailable || refusal.code == RemoteError.Code.overloaded:
                return retry(after: error, atLeast: refusal.retryAfter ?? .zero)
            case .noSocket, .nobodyListens, .permissionDenied, .notConnected, .connectionClosed, .timedOut:
                guard hasSubscribed else {
                    throw error
                }
                return retry(after: error, atLeast: .zero)
            case .pathTooLong, .requestTooLong, .refused, .unintelligible:
                throw error
            }
        }

        private mutating func retry(after error: SessiondClientError, atLeast least: Duration) -> Step {
            failures += 1
            let pause = Swift.max(backoff.pause(failures: failures), least)
            self.pause = pause
            return .interrupted(error, retryAfter: pause)
        }
    }
}
