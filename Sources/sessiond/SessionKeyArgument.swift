import ArgumentParser
import Glibc

/// A session key on the command line. It never appears in what is printed.
struct SessionKeyArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The session key: the value of the browser's session cookie; `-` reads it from standard input.",
            discussion:
                "What stands on the command line shows in `ps`, and whoever has the key is logged in: prefer `-`.",
            valueName: "key"
        )
    )
    var key: String

    /// The key, read from standard input where it was given as `-`: one line, of which only LF or CR LF is dropped.
    func read() throws(Failure) -> String {
        try Self.read(key)
    }

    static func read(_ key: String) throws(Failure) -> String {
        guard key == "-" else {
            return key
        }
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(STDIN_FILENO, &byte, 1) == 1, byte != 0x0A {
            bytes.append(byte)
        }
        if bytes.last == 0x0D {
            bytes.removeLast()
        }
        guard !bytes.isEmpty else {
            throw Failure(description: "no session key on standard input")
        }
        guard let key = String(validating: bytes, as: UTF8.self) else {
            throw Failure(description: "the session key on standard input is not UTF-8, and so names no session")
        }
        return key
    }
}
