import Glibc

/// Where the daemon says what it does.
///
/// What cannot be written there is lost, as on a full disk or once a collector of logs has gone: that is no reason to end.
enum StandardError {
    /// Writes whole lines.
    static func write(_ lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || (count < 0 && errno == EINTR) else { return }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    /// Has a reader that is gone end nothing.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
    }
}
