import NIOCore
import NIOSSL

/// What a TLS library's error means for who runs the daemon.
struct TLSDiagnosis {
    let address: RedisEndpoint.Address
    let name: ServerName
    let settings: TLSSettings
    /// When the authorities of the CA file expire, in seconds since 1970.
    let authoritiesExpire: [Int64]

    /// The server's certificate, as far as it was seen. Times are seconds since 1970.
    struct Certificate {
        var validFrom: Int64
        var validUntil: Int64
        /// Its alternative names: DNS names and addresses, fit to be printed.
        var names: [String]
    }

    /// - Parameter now: seconds since 1970.
    func failure(for error: any Error, certificate: Certificate?, now: Int64) -> TLSFailure {
        switch error {
        case let error as TLSFailure: return error
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return .wrongName(name, names: certificate?.names ?? [])
        case let error as NIOSSLExtraError where error == .serverHostnameImpossibleToMatch: return .impossibleName(name)
        case NIOSSLError.handshakeFailed(let error): return failure(for: error, certificate, now)
        case let error as BoringSSLError: return failure(for: error, certificate, now)
        case NIOSSLError.uncleanShutdown: return .closedUnanswered(hasCertificate: settings.certificateFile != nil)
        case is IOError: return .endedInHandshake(address)
        default: return .other("\(type(of: error))")
        }
    }

    private func failure(for error: BoringSSLError, _ certificate: Certificate?, _ now: Int64) -> TLSFailure {
        guard case .sslError(let stack) = error else { return .endedInHandshake(address) }
        if stack == [.eofDuringHandshake] { return .endedInHandshake(address) }
        let reasons = stack.compactMap(\.reason)
        // An alert that answers the first message is told twice: as such, and as what it then means.
        if reasons.contains(.versionOrCipher) { return .nothingInCommon }
        return switch reasons.first {
        case .verification: untrusted(certificate, now)
        case .otherProtocol: .notSpoken(address)
        case .alert(let alert): failure(for: alert) ?? .other(stack.first?.words ?? "")
        case .versionOrCipher, nil: .other(stack.first?.words ?? "no reason given")
        }
    }

    func untrusted(_ certificate: Certificate?, _ now: Int64) -> TLSFailure {
        if let certificate {
            if certificate.validUntil < now { return .expired(at: certificate.validUntil) }
            if certificate.validFrom > now { return .notYetValid(until: certificate.validFrom) }
        }
        if let file = settings.caFile, let last = authoritiesExpire.max(), last < now {
            return .authorityExpired(file: file, at: last)
        }
        return .untrusted(caFile: settings.caFile)
    }

    /// What the server said before it closed the connection; RFC 8446, section 6.
    private func failure(for alert: Int) -> TLSFailure? {
        switch (alert, settings.certificateFile) {
        case (70, _), (71, _): .nothingInCommon
        // TLS 1.2 has no word of its own for a certificate that is missing.
        case (116, _), (40, nil): .certificateWanted
        case (40, _): .nothingInCommon
        case (45, let file?): .certificateRefused(file: file, .expired)
        case (48, let file?): .certificateRefused(file: file, .unknownAuthority)
        case (44, let file?): .certificateRefused(file: file, .revoked)
        case (42, let file?), (43, let file?), (46, let file?): .certificateRefused(file: file, .other)
        default: nil
        }
    }
}

extension BoringSSLInternalError {
    fileprivate enum Reason: Equatable {
        case verification, otherProtocol, versionOrCipher
        case alert(Int)
    }

    /// The library packs its number and that of the reason into one, which only the description tells.
    fileprivate var reason: Reason? {
        let words = description.split(separator: " ")
        guard words.count > 1, let code = UInt32(words[1]) else { return nil }
        let (library, number) = (code >> 24, Int(code & 0xFFF))
        guard library == Self.tlsLibrary else { return nil }
        return switch number {
        case 125: .verification
        // An HTTP request, a proxy's, a version that is none.
        case 155, 156, 247: .otherProtocol
        // Refused at the first message; no shared cipher, protocol or way to sign.
        case 154, 184, 240, 253: .versionOrCipher
        case 1000...1255: .alert(number - 1000)
        default: nil
        }
    }

    private static var tlsLibrary: UInt32 { 16 }

    /// The library's words for the reason, without places in its source.
    fileprivate var words: String {
        let text = description.split(separator: " at ").first ?? ""
        return text.split(separator: ":").last.map { $0.lowercased().replacing("_", with: " ") } ?? "no reason given"
    }
}
