/// Why a Redis URL cannot be used. Never holds a part of the URL.
package enum RedisURLError: Error, Equatable, CustomStringConvertible {
    case notAURL, unknownScheme, tlsNotSupported, relativeSocketPath, badPort, badDatabase, badEscape, unknownParameter

    package var description: String {
        let form = "redis://[[user]:password@]host[:port][/db] or unix:///path?db=N"
        return switch self {
        case .notAURL: "the Redis URL is no URL: expected \(form)"
        case .unknownScheme: "the Redis URL's scheme is not known: expected \(form)"
        case .tlsNotSupported: "rediss:// (TLS) is not supported yet: use redis:// or a Unix socket"
        case .relativeSocketPath: "the socket's path in the Redis URL must be absolute: unix:///path?db=N"
        case .badPort: "the port in the Redis URL is no number between 1 and 65535"
        case .badDatabase: "the database in the Redis URL is no number from 0"
        case .badEscape: "the Redis URL holds a percent escape that is none; write % as %25"
        case .unknownParameter: "the Redis URL's query knows db, username and password only"
        }
    }
}
