/// An authority of a test's own, which signs certificates with openssl. Its files are gone with it and what it has signed.
package final class CertificateAuthority: Sendable {
    private let folder: TemporaryFolder

    /// A certificate and its private key, as files.
    package struct Identity: Sendable {
        package let certificate: String
        package let key: String
        /// Keeps the files.
        fileprivate let folder: TemporaryFolder
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    package init() async throws {
        folder = try TemporaryFolder()
        try await openssl(
            ["req", "-x509"] + Self.newKey + [
                "-keyout", folder.file("ca.key"), "-out", certificate, "-days", "10", "-subj",
                "/CN=Authority of a test",
            ])
    }

    /// The authority's own certificate.
    package var certificate: String { folder.file("ca.crt") }

    /// Makes a copy of the authority's certificate that has expired.
    package func expiredCertificate() async throws -> String {
        let copy = folder.file("expired.crt")
        try await openssl([
            "x509", "-in", certificate, "-signkey", folder.file("ca.key"), "-days", "-1", "-out", copy,
        ])
        return copy
    }

    /// Signs a new certificate.
    ///
    /// - Parameters:
    ///   - name: of its files.
    ///   - names: its alternative names, as openssl writes them: `DNS:redis.example`, `IP:127.0.0.1`. With none of them
    ///     it has its common name alone, which is `name`.
    ///   - usage: what it is for, as openssl writes it; nil for everything.
    ///   - days: until its end; a negative number for one that has expired.
    package func sign(_ name: String, names: [String] = [], usage: String? = nil, days: Int = 5) async throws
        -> Identity
    {
        let identity = Identity(
            certificate: folder.file("\(name).crt"), key: folder.file("\(name).key"), folder: folder)
        let request = folder.file("\(name).csr")
        try await openssl(
            ["req", "-new"] + Self.newKey + ["-keyout", identity.key, "-out", request, "-subj", "/CN=\(name)"])
        let alternatives = names.isEmpty ? "" : "subjectAltName=\(names.joined(separator: ","))\n"
        let purpose = usage.map { "extendedKeyUsage=\($0)\n" } ?? ""
        let extensions = try folder.write(
            "basicConstraints=CA:FALSE\n" + alternatives + purpose, to: "\(name).ext")
        try await openssl([
            "x509", "-req", "-in", request, "-CA", certificate, "-CAkey", folder.file("ca.key"), "-CAcreateserial",
            "-days", "\(days)", "-extfile", extensions, "-out", identity.certificate,
        ])
        return identity
    }

    private func openssl(_ arguments: [String]) async throws {
        let result = try await ChildProcess.run("openssl", arguments)
        guard result.exitCode == 0 else { throw Timeout(description: "openssl: \(result.errors)") }
    }
}
