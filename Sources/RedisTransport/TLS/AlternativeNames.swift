import Glibc
import NIOSSL

/// Whom a certificate names.
struct AlternativeNames {
    var dns: [String] = []
    var addresses: [String] = []

    /// How many names an error repeats at most.
    private static let printedMax = 5

    var isEmpty: Bool { dns.isEmpty && addresses.isEmpty }

    /// As they may stand in a log: the certificate was written by nobody knows whom.
    var printable: [String] {
        let names = dns + addresses
        let printed = names.prefix(Self.printedMax).map { name in
            String(String.UnicodeScalarView(name.unicodeScalars.prefix(100).map { $0.isGraphicASCII ? $0 : "?" }))
        }
        return printed + (names.count > printed.count ? ["\(names.count - printed.count) more"] : [])
    }
}

extension NIOSSLCertificate {
    var alternativeNames: AlternativeNames {
        var names = AlternativeNames()
        for name in _subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: names.dns.append(String(decoding: Array(name.contents), as: UTF8.self))
            case .ipAddress:
                if let address = Self.text(ofAddress: Array(name.contents)) { names.addresses.append(address) }
            default: break
            }
        }
        return names
    }

    private static func text(ofAddress bytes: [UInt8]) -> String? {
        guard let family = [4: AF_INET, 16: AF_INET6][bytes.count] else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Unicode.Scalar {
    fileprivate var isGraphicASCII: Bool { ("!"..."~").contains(self) }
}
