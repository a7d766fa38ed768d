package import SessionModel

/// What stands behind the socket: the same for all its connections.
package struct SocketBackend: Sendable {
    package var lookup: any SessionLookup
    package var log: any EventLog
    package var limits: Limits
    package var figures: SocketFigures
    /// The daemon's version, for `server.info`.
    package var version: String
    /// Makes the result of `server.status`. `completion` is called once, on any thread.
    package var status: @Sendable (_ completion: @escaping @Sendable ([UInt8]) -> Void) -> Void

    package init(
        lookup: any SessionLookup, log: any EventLog, limits: Limits, figures: SocketFigures, version: String,
        status: @escaping @Sendable (_ completion: @escaping @Sendable ([UInt8]) -> Void) -> Void
    ) {
        self.lookup = lookup
        self.log = log
        self.limits = limits
        self.figures = figures
        self.version = version
        self.status = status
    }
}
