import SessionModel

/// Why there is no TLS connection to Redis. The descriptions say what is wrong and what to do.
package enum TLSFailure: Error, Equatable, Sendable {
    // The port.
    /// What answered speaks something else.
    case notSpoken(RedisEndpoint.Address)
    /// The connection was closed in the middle of the handshake.
    case endedInHandshake(RedisEndpoint.Address)
    case silentInHandshake(RedisEndpoint.Address, seconds: Int)

    // The server's certificate. Times are seconds since 1970.
    case expired(at: Int64)
    case notYetValid(until: Int64)
    /// All authorities in this file have expired.
    case authorityExpired(file: String, at: Int64)
    /// - Parameter caFile: nil where the system's authorities are trusted.
    case untrusted(caFile: String?)
    /// - Parameter names: whom the certificate names.
    case wrongName(ServerName, names: [String])
    /// A name that no certificate can have.
    case impossibleName(ServerName)

    // The client's certificate.
    case certificateWanted
    /// The connection was closed right behind the handshake, which ends so where a certificate is wanted.
    case closedUnanswered(hasCertificate: Bool)
    case certificateRefused(file: String, Refusal)

    // Files and versions.
    case unusableFile(TLSFileError)
    case nothingInCommon
    case other(String)

    /// What the server has against the client's certificate.
    package enum Refusal: Sendable, Equatable {
        case expired, unknownAuthority, revoked, other
    }
}

extension TLSFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notSpoken(let address):
            "\(address) does not speak TLS: is that the server's tls-port? Without TLS write redis:// in the Redis URL"
        case .endedInHandshake(let address):
            """
            \(address) closed the connection during the TLS handshake: is that the server's tls-port? If it is, its log \
            says why
            """
        case .silentInHandshake(let address, let seconds):
            """
            \(address) did not finish the TLS handshake in \(seconds) s: is that the server's tls-port? Without TLS write \
            redis:// in the Redis URL
            """
        case .expired(let time):
            "the certificate of Redis expired at \(Self.time(time)): renew it there (tls-cert-file), or set this host's clock"
        case .notYetValid(let time):
            "the certificate of Redis is valid from \(Self.time(time)) on only: compare this host's clock with the server's"
        case .authorityExpired(let file, let time):
            "the authority in \(file) expired at \(Self.time(time)): give --redis-ca-file its successor"
        case .untrusted(nil):
            """
            the certificate of Redis is of no authority that this system trusts: give --redis-ca-file the certificate of \
            the authority that signed it
            """
        case .untrusted(let file?):
            """
            the certificate of Redis is of no authority in \(file), or is none for a server: give --redis-ca-file the \
            certificate of the authority that signed it
            """
        case .wrongName(let name, let names):
            """
            the certificate of Redis is for \(Self.list(names)), not for \(name): put one of its names into the Redis URL, or \
            give it with --redis-server-name if the address must stay
            """
        case .impossibleName(let name):
            """
            no certificate can be for \(name), which is no DNS name: give --redis-server-name the name that the certificate \
            of Redis has
            """
        case .certificateWanted:
            """
            Redis wants a certificate of its clients (tls-auth-clients): give --redis-certificate-file and --redis-key-file
            """
        case .closedUnanswered(hasCertificate: false):
            """
            Redis closed the connection right after the TLS handshake, as it does where it wants a certificate of its clients \
            (tls-auth-clients): give --redis-certificate-file and --redis-key-file
            """
        case .closedUnanswered(hasCertificate: true):
            """
            Redis closed the connection right after the TLS handshake: its log says whether it refused the certificate of \
            --redis-certificate-file
            """
        case .certificateRefused(let file, .expired):
            "Redis refused the client's certificate in \(file), which has expired: renew it"
        case .certificateRefused(let file, .unknownAuthority):
            """
            Redis refused the client's certificate in \(file): it is of no authority in the server's tls-ca-cert-file. Have \
            that authority sign it, and let the file hold the certificates in between, too
            """
        case .certificateRefused(let file, .revoked):
            "Redis refused the client's certificate in \(file), which was revoked: give --redis-certificate-file another one"
        case .certificateRefused(let file, .other):
            "Redis refused the client's certificate in \(file): is it one for clients? The server's log says more"
        case .unusableFile(let error): "\(error)"
        case .nothingInCommon:
            """
            Redis and sessiond have no version or cipher of TLS in common: allow TLSv1.2 or TLSv1.3 in the server's \
            tls-protocols and tls-ciphers
            """
        case .other(let detail): "TLS to Redis failed (\(detail)): the server's log may say more"
        }
    }

    private static func time(_ seconds: Int64) -> String {
        Timestamp.seconds(ofSeconds: seconds)
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "nobody by name" : names.joined(separator: ", ")
    }
}
