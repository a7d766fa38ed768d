/// A reading of both clocks, passed into every machine instead of a clock.
///
/// Decisions use `uptime`, which never steps; `wall` is for what leaves the daemon.
package struct Moment: Sendable, Equatable {
    /// Milliseconds of a monotonic clock with an arbitrary zero.
    package var uptime: Int64
    /// Milliseconds since 1970 in UTC.
    package var wall: Int64

    package init(uptime: Int64, wall: Int64) {
        self.uptime = uptime
        self.wall = wall
    }

    /// This moment's wall time moved to where the monotonic clock showed `uptime`.
    package func wall(atUptime uptime: Int64) -> Int64 {
        wall + (uptime - self.uptime)
    }
}
