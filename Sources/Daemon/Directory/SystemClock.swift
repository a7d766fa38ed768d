import Glibc
import NIOCore
import RedisTransport
import SessionModel

/// The system's two clocks.
enum SystemClock {
    /// The monotonic one alone, in milliseconds.
    static var uptime: Int64 { NIODeadline.now().uptimeMilliseconds }

    static func now() -> Moment {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        return Moment(
            uptime: uptime,
            wall: Int64(wall.tv_sec) * 1000 + Int64(wall.tv_nsec) / 1_000_000
        )
    }
}
