/// What stands behind the question mark of a Redis URL, in redis-py's words.
///
/// redis-py prefers its database to the path's, but the authority's credentials to its.
struct RedisURLQuery {
    private(set) var database: Int?
    private(set) var user: String?
    private(set) var password: String?
    private(set) var tls = TLSSettings()

    /// - Parameter allowsTLS: whether the scheme is one in which words for TLS mean something.
    init(_ query: Substring, allowsTLS: Bool) throws(RedisURLError) {
        for parameter in query.split(separator: "&") {
            let (name, value) = RedisEndpoint.cut(parameter, at: "=")
            // In a query, and only there, a plus is a blank.
            let text = try RedisEndpoint.unescaped(Substring((value ?? "").map { $0 == "+" ? " " : $0 }))
            switch name {
            case "db": database = try RedisEndpoint.database(text[...])
            case "username": user = text.nilIfEmpty
            case "password": password = text.nilIfEmpty
            case let name where name.hasPrefix("ssl_"):
                guard allowsTLS else { throw .tlsParameterWithoutTLS }
                try takeTLS(name, text)
            default: throw .unknownParameter
            }
        }
    }

    private mutating func takeTLS(_ name: Substring, _ text: String) throws(RedisURLError) {
        switch (name, text.lowercased()) {
        case ("ssl_cert_reqs", "none"): tls.verifies = false
        // To a client both mean the same.
        case ("ssl_cert_reqs", "required"), ("ssl_cert_reqs", "optional"): tls.verifies = true
        case ("ssl_cert_reqs", _): throw .badCertificateRequirement
        case ("ssl_check_hostname", "true"), ("ssl_check_hostname", "1"), ("ssl_check_hostname", "yes"): break
        case ("ssl_check_hostname", _): throw .hostnameUnchecked
        case ("ssl_ca_certs", _): tls.caFile = text.nilIfEmpty
        case ("ssl_certfile", _): tls.certificateFile = text.nilIfEmpty
        case ("ssl_keyfile", _): tls.keyFile = text.nilIfEmpty
        default: throw .unknownTLSParameter
        }
    }
}
