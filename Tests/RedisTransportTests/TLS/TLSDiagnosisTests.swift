import NIOSSL
import Testing

@testable import RedisTransport

/// What a server's certificate is told to have wrong, where no test can wait for it.
@Suite struct TLSDiagnosisTests {
    private func diagnosis(caFile: String? = "ca", authoritiesExpire: [Int64] = [3000]) -> TLSDiagnosis {
        var settings = TLSSettings()
        settings.caFile = caFile
        return TLSDiagnosis(
            address: .tcp(host: "h", port: 1), name: ServerName("h"), settings: settings,
            authoritiesExpire: authoritiesExpire)
    }

    @Test("A connection that ends in the handshake, and errors that nobody foresaw")
    func others() {
        let eof = NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake]))
        let address = RedisEndpoint.Address.tcp(host: "h", port: 1)
        #expect(diagnosis().failure(for: eof, certificate: nil, now: 0) == .endedInHandshake(address))
        #expect(
            diagnosis().failure(for: NIOSSLError.cannotFindPeerIP, certificate: nil, now: 0) == .other("NIOSSLError"))
        #expect(
            diagnosis().failure(for: BoringSSLError.sslError([]), certificate: nil, now: 0)
                == .other("no reason given"))
    }

    private static let certificates: [(Int64, TLSFailure)] = [
        (99, .notYetValid(until: 100)), (100, .untrusted(caFile: "ca")), (200, .untrusted(caFile: "ca")),
        (201, .expired(at: 200)),
    ]

    @Test("The times of a certificate come first, since its authority does not matter then", arguments: certificates)
    func times(now: Int64, failure: TLSFailure) {
        let certificate = TLSDiagnosis.Certificate(validFrom: 100, validUntil: 200, names: [])
        #expect(diagnosis().untrusted(certificate, now) == failure)
    }

    @Test("An authority that has expired is told, unless another one has not")
    func authority() {
        let certificate = TLSDiagnosis.Certificate(validFrom: 100, validUntil: 9000, names: [])
        #expect(diagnosis().untrusted(certificate, 3001) == .authorityExpired(file: "ca", at: 3000))
        #expect(diagnosis(authoritiesExpire: [3000, 4000]).untrusted(certificate, 3001) == .untrusted(caFile: "ca"))
        #expect(diagnosis(caFile: nil, authoritiesExpire: []).untrusted(certificate, 3001) == .untrusted(caFile: nil))
    }
}
