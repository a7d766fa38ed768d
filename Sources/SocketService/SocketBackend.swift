package import SessionModel

/// What stands behind the socket: the same for all its connections.
package struct SocketBackend<Lookup: SessionLookup, Log: EventLog>: Sendable {
    package var lookup: Lookup
    package var log: Log
    package var limits: Limits
    package var figures: SocketFigures
    let longAnswers: LongAnswers
    /// The daemon's version, for `server.info`.
    package var version: String
    /// Makes the result of `server.status`. `completion` is called once, on any thread.
    package var status: @Sendable (_ completion: @escaping @Sendable ([UInt8]) -> Void) -> Void

    package init(
        lookup: Lookup, log: Log, limits: Limits, figures: SocketFigures, version: String,
        status: @escaping @Sendable (_ completion: @escaping @Sendable ([UInt8]) -> Void) -> Void
    ) {
        self.lookup = lookup
        self.log = log
        self.limits = limits
        self.figures = figures
        longAnswers = LongAnswers(limits)
        self.version = version
        self.status = status
    }
}
