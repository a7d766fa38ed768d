/// An environment variable that stands for a flag.
enum EnvironmentFlag {
    static func isSet(_ name: String, in environment: [String: String]) -> Bool {
        ["1", "true", "yes", "on"].contains(environment[name]?.lowercased())
    }
}
