import Glibc

/// Standard output and standard error, a line at a time, so that a pipe's reader sees each at once.
enum Terminal {
    /// Prints a line on standard output.
    static func print(_ line: String) {
        write(Array(line.utf8) + [0x0A], to: STDOUT_FILENO)
    }

    /// Prints JSON text as a line on standard output.
    static func print(json: [UInt8]) {
        write(json + [0x0A], to: STDOUT_FILENO)
    }

    /// Tells something beside the output, on standard error.
    static func tell(_ line: String) {
        write(Array(line.utf8) + [0x0A], to: STDERR_FILENO)
    }

    /// Writes to standard output what is no line, or more than one.
    static func write(_ text: String) {
        write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// Writes a text over the one before on standard error, where that is a terminal; an empty one ends it.
    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    }

    /// The text with what could steer the terminal, or make one text look like another, as `\u{…}`: control characters, what changes
    /// the direction of writing, what cannot be seen, and further ways to end a line. Much of what is printed came from a session.
    static func safe(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                // Whoever reads has gone, as `head` does. The network library has told the system to ignore the signal for that.
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
            } else if errno != EINTR {
                return
            }
        }
    }
}
