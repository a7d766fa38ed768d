/// A redis-server of a test's own that speaks TLS at a port of 127.0.0.1, beside its Unix socket.
package struct TLSRedis: Sendable {
    package let server: PrivateRedis
    package let port: Int
    private let authority: CertificateAuthority

    /// How many ports are tried: others may have taken one.
    private static let attempts = 20

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - authority: whose clients it lets in.
    ///   - identity: what it shows of itself.
    ///   - wantsCertificates: whether clients must show a certificate of the authority.
    package init(
        _ authority: CertificateAuthority, _ identity: CertificateAuthority.Identity, wantsCertificates: Bool = false,
        options: [String] = []
    ) async throws {
        self.authority = authority
        var attempt = 1
        while true {
            let port = Int.random(in: 20_000..<30_000)
            let tls = ["--tls-port", "\(port)", "--bind", "127.0.0.1", "--tls-ca-cert-file", authority.certificate]
            let clients = ["--tls-auth-clients", wantsCertificates ? "yes" : "no"]
            do {
                server = try await PrivateRedis(options: tls + clients + Self.options(identity) + options)
                self.port = port
                return
            } catch  where attempt < Self.attempts {
                attempt += 1
            }
        }
    }

    /// The options that have a server show this certificate.
    package static func options(_ identity: CertificateAuthority.Identity) -> [String] {
        ["--tls-cert-file", identity.certificate, "--tls-key-file", identity.key]
    }

    /// The URL that redis-py and sessiond take.
    package func url(host: String = "127.0.0.1", credentials: String = "") -> String {
        "rediss://\(credentials)\(host):\(port)/0"
    }
}
