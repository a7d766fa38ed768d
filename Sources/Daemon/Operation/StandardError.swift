import Foundation
import Glibc
import Synchronization

/// Where the daemon says what it does.
///
/// What cannot be written there is lost, as on a full disk or once a collector of logs has gone: that is no reason to end.
enum StandardError {
    /// What stands below all lines on a terminal, until it is replaced.
    private static let pinned = Mutex<[UInt8]>([])
    /// To the beginning of the line, and everything behind it gone.
    private static let erasing = Array("\r\u{1B}[K".utf8)

    /// Whether it is a terminal that can rewrite a line.
    static var isTerminal: Bool {
        isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"].map { $0 != "dumb" } ?? false
    }

    /// Writes whole lines.
    static func write(_ lines: [UInt8]) {
        pinned.withLock { pinned in
            send(pinned.isEmpty ? lines : erasing + lines + pinned)
        }
    }

    /// Keeps a text below all lines of a terminal, in the place of the one before; nothing where it is nil.
    ///
    /// - Parameter text: ASCII; what is wider than the terminal is cut off.
    static func pin(_ text: String?) {
        pinned.withLock { pinned in
            let before = pinned
            // The last column stays free: some terminals begin a new line with it.
            pinned = text.map { Array($0.utf8.prefix(columns - 1)) } ?? []
            if !(before.isEmpty && pinned.isEmpty) { send(erasing + pinned) }
        }
    }

    private static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
    }

    private static func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
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
