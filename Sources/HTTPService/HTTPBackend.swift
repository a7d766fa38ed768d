package import SessionModel

/// What stands behind the HTTP door: the same for all its connections.
package struct HTTPBackend: Sendable {
    package var lookup: any SessionLookup
    package var log: any EventLog
    package var settings: HTTPSettings
    package var figures: HTTPFigures
    /// Gathers the daemon's figures. `completion` is called once, on any thread.
    package var report: @Sendable (_ completion: @escaping @Sendable (ServiceFigures) -> Void) -> Void
    /// Makes the result of `server.status`. `completion` is called once, on any thread.
    package var status: @Sendable (_ completion: @escaping @Sendable ([UInt8]) -> Void) -> Void

    /// As whom the door's clients ask together, where users are counted: the number that is never a user's.
    static let uid = UInt32.max

    package init(
        lookup: any SessionLookup, log: any EventLog, settings: HTTPSettings, figures: HTTPFigures,
        report: @escaping @Sendable (_ completion: @escaping @Sendable (ServiceFigures) -> Void) -> Void,
        status: @escaping @Sendable (_ completion: @escaping @Sendable ([UInt8]) -> Void) -> Void
    ) {
        self.lookup = lookup
        self.log = log
        self.settings = settings
        self.figures = figures
        self.report = report
        self.status = status
    }
}

/// How the door is set up.
package struct HTTPSettings: Sendable {
    /// What everybody may do who can connect.
    package var rights: Rights
    /// The name of Django's session cookie.
    package var cookieName: String
    package var hosts: HostCheck
    package var limits: HTTPLimits

    package init(rights: Rights, cookieName: String, hosts: HostCheck, limits: HTTPLimits) {
        self.rights = rights
        self.cookieName = cookieName
        self.hosts = hosts
        self.limits = limits
    }
}
