package import RedisTransport

/// Why the daemon does not start, and what to do. Never holds a secret.
package enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case badValue(option: ServeOption, problem: String)
    case unreadableFile(option: String, path: String, problem: String)
    case unusableTLSFile(TLSFileError)
    case noSecretKey
    case conflict(String)
    /// What the service manager has put into the environment cannot be.
    case environment(String)

    package var description: String {
        switch self {
        case .badValue(let option, let problem): "--\(option.rawValue): \(problem)"
        case .unreadableFile(let option, let path, let problem): "--\(option): cannot read \(path): \(problem)"
        case .unusableTLSFile(let error): "\(error)"
        case .noSecretKey:
            """
            no secret key: sessions cannot be verified, and anyone who can write to Redis could be anybody. Give Django's \
            SECRET_KEY with --secret-key-file FILE (first line SECRET_KEY, further lines SECRET_KEY_FALLBACKS) or \
            SESSIOND_SECRET_KEY, or ask for unverified sessions with --no-verify
            """
        case .conflict(let text), .environment(let text): text
        }
    }
}
