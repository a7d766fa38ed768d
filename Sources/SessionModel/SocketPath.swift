/// Where the daemon's socket lies when nobody names a path.
package enum SocketPath {
    /// The paths to try, in their order: `$RUNTIME_DIRECTORY/sessiond.sock`, `/run/sessiond/sessiond.sock`, and
    /// `$XDG_RUNTIME_DIR/sessiond/sessiond.sock`.
    ///
    /// The daemon takes the first whose folder it can write to or create, a client the first that exists. systemd may put several
    /// folders into `RUNTIME_DIRECTORY`, separated by colons; the first counts. Unset, empty and relative ones are left out.
    package static func candidates(environment: [String: String]) -> [String] {
        let runtime = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first.map(String.init)
        let user = environment["XDG_RUNTIME_DIR"]
        return [
            folder(runtime).map { "\($0)/sessiond.sock" },
            "/run/sessiond/sessiond.sock",
            folder(user).map { "\($0)/sessiond/sessiond.sock" },
        ].compactMap(\.self)
    }

    private static func folder(_ path: String?) -> String? {
        guard let path, path.hasPrefix("/") else {
            return nil
        }
        let trimmed = path.reversed().drop { $0 == "/" }.reversed()
        return String(trimmed)
    }
}
