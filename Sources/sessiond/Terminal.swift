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

    /// The text with control characters, which could steer the terminal, as `\u{…}`: much of what is printed came from a session.
    static func safe(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control || scalar.properties.isBidiControl {
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
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
