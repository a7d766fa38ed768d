/// How the server is recognised, and how this client shows itself, where Redis is talked to by TLS.
package struct TLSSettings: Sendable, Equatable {
    /// Certificates of the authorities that are trusted (PEM); nil for those that the system trusts.
    package var caFile: String?
    /// The client's certificate and those between it and its authority (PEM); nil where the server wants none.
    package var certificateFile: String?
    /// The client's private key (PEM); nil where it stands in `certificateFile`.
    package var keyFile: String?
    /// The DNS name that the server's certificate must have, where it is not the host of the URL.
    package var serverName: String?
    /// Whether the server must show a certificate of a trusted authority with the right name; nil where nobody said, which
    /// is yes.
    package var verifies: Bool?

    package init() {}

    package var isVerified: Bool { verifies ?? true }

    /// Where the private key is.
    var keySource: String? { keyFile ?? certificateFile }

    /// Whom the certificate of a server at this host must name.
    func expectedName(at host: String) -> ServerName {
        ServerName(serverName ?? host)
    }
}
