/// Why a Redis URL cannot be used. Never holds a part of the URL.
package enum RedisURLError: Error, Equatable, CustomStringConvertible {
    case notAURL, unknownScheme, relativeSocketPath, badPort, badDatabase, badEscape, unknownParameter
    case tlsParameterWithoutTLS, unknownTLSParameter, badCertificateRequirement, hostnameUnchecked

    package var description: String {
        let form = "redis://[[user]:password@]host[:port][/db], the same with rediss:// for TLS, or unix:///path?db=N"
        return switch self {
        case .notAURL: "the Redis URL is no URL: expected \(form)"
        case .unknownScheme: "the Redis URL's scheme is not known: expected \(form)"
        case .relativeSocketPath: "the socket's path in the Redis URL must be absolute: unix:///path?db=N"
        case .badPort: "the port in the Redis URL is no number between 1 and 65535"
        case .badDatabase: "the database in the Redis URL is no number from 0"
        case .badEscape: "the Redis URL holds a percent escape that is none; write % as %25"
        case .unknownParameter:
            "the Redis URL's query knows db, username and password, and with rediss:// what begins with ssl_"
        case .tlsParameterWithoutTLS:
            "the Redis URL's query has words for TLS (ssl_…), but its scheme is not rediss://: change one or the other"
        case .unknownTLSParameter:
            """
            of redis-py's words for TLS the Redis URL's query may have ssl_cert_reqs, ssl_ca_certs, ssl_certfile, ssl_keyfile \
            and ssl_check_hostname: use --redis-ca-file, --redis-certificate-file, --redis-key-file and \
            --redis-server-name instead of others
            """
        case .badCertificateRequirement: "ssl_cert_reqs in the Redis URL must be required, optional or none"
        case .hostnameUnchecked:
            """
            sessiond does not trust a certificate without its name: instead of ssl_check_hostname=false give \
            --redis-server-name the name that the server's certificate has
            """
        }
    }
}
