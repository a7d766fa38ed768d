import RedisTransport

/// Text for a shell to read.
enum ShellText {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@+,%")

    /// One argument, quoted where the shell would read it otherwise. In single quotes redis-cli's own prompt reads it the same.
    static func quoted(_ argument: String) -> String {
        guard argument.isEmpty || !argument.allSatisfy(plain.contains) else { return argument }
        return "'" + argument.replacing("'", with: "'\\''") + "'"
    }

    static func line(_ arguments: [String]) -> String { arguments.map(quoted).joined(separator: " ") }
}

/// Lines for a shell that have redis-cli do something at the examined Redis. They hold no user and no password.
struct RedisCommandLine {
    private let options: [String]

    init(_ endpoint: RedisEndpoint) {
        var options: [String] = []
        switch endpoint.address {
        case .unix(let path): options += ["-s", path]
        case .tcp(let host, let port):
            if !["localhost", "127.0.0.1"].contains(host) { options += ["-h", host] }
            if port != 6379 { options += ["-p", "\(port)"] }
        }
        if let tls = endpoint.tls {
            options += ["--tls"]
            if let file = tls.caFile { options += ["--cacert", file] }
            if let file = tls.certificateFile { options += ["--cert", file, "--key", tls.keyFile ?? file] }
            if !tls.isVerified { options += ["--insecure"] }
        }
        if endpoint.database != 0 { options += ["-n", "\(endpoint.database)"] }
        self.options = options
    }

    func line(_ command: String...) -> String { line(command) }

    func line(_ command: [String]) -> String { ShellText.line(["redis-cli"] + options + command) }
}
