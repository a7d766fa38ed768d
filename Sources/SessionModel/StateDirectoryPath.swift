/// Where a journal is looked for when nobody says.
package enum StateDirectoryPath {
    /// The folders in the order in which they are tried.
    package static func candidates(environment: [String: String]) -> [String] {
        // systemd gives several folders, with colons between them.
        let given = environment["STATE_DIRECTORY"].map { String($0.prefix { $0 != ":" }) }
        let home = environment["XDG_STATE_HOME"] ?? environment["HOME"].map { $0 + "/.local/state" }
        return [given, "/var/lib/sessiond", home.map { $0 + "/sessiond" }].compactMap { $0?.isEmpty == true ? nil : $0 }
    }
}
