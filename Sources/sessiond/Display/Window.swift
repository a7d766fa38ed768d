import Glibc

/// The window of the terminal that standard output goes to.
struct Window: Equatable {
    var columns: Int
    var rows: Int

    /// As large as it is now; 80 by 24 where the terminal does not say.
    static var current: Window {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return Window(columns: 80, rows: 24)
        }
        return Window(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
