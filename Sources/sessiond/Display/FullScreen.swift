import Dispatch
import Glibc

/// The whole terminal for a while: its second screen, without a cursor, and every key as it is pressed.
final class FullScreen {
    /// What was typed.
    let keys: AsyncStream<UInt8>

    private let before: termios
    private let source: any DispatchSourceRead

    /// The second screen; no cursor; nothing goes on in the next line.
    private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leaving = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Whether standard input and output are a terminal.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Takes the terminal; nil where there is none.
    init?() {
        var settings = termios()
        guard Self.isPossible, tcgetattr(STDIN_FILENO, &settings) == 0 else {
            return nil
        }
        before = settings
        let (keys, key) = AsyncStream<UInt8>.makeStream()
        self.keys = keys
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO)
        self.source = source
        // Ctrl-C comes as a key, so that nothing ends the process without giving the terminal back. Output stays as it is.
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        settings.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
        guard tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            if count > 0 {
                for byte in bytes.prefix(count) { key.yield(byte) }
            } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
                // Nobody types any more: the terminal has gone.
                source.cancel()
            }
        }
        source.setCancelHandler { key.finish() }
        source.resume()
        Terminal.write(Self.entering)
    }

    /// Shows these lines and nothing else.
    func show(_ lines: [String]) {
        Terminal.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Gives the terminal back as it was.
    func close() {
        source.cancel()
        Terminal.write(Self.leaving)
        var settings = before
        // What was typed and not read was meant for the view.
        tcflush(STDIN_FILENO, TCIFLUSH)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
}
