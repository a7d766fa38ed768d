import Glibc

/// Whom a server's certificate must name: a DNS name, or the IP address that was connected to.
package enum ServerName: Sendable, Equatable {
    case dns(String)
    case address(String)

    package init(_ host: String) {
        // A scope such as %eth0 is no part of an address, nor the root's dot of a name.
        let address = String(host.prefix { $0 != "%" })
        if Self.isAddress(address) {
            self = .address(address)
        } else {
            self = .dns(host.hasSuffix(".") ? String(host.dropLast()) : host)
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }

    /// Whether a certificate can have this name, and a client can ask for it.
    package var isPossible: Bool {
        guard case .dns(let name) = self else { return true }
        return (1...253).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// What the client tells the server whom it looks for (SNI), which may be no address.
    var indication: String? {
        if case .dns(let name) = self { name } else { nil }
    }

    /// Whether one of a certificate's DNS names is this name. A wildcard stands for one whole label, the first.
    func isNamed(by names: [String]) -> Bool {
        guard case .dns(let name) = self else { return false }
        let wanted = Self.labels(name)
        return names.contains { pattern in
            let labels = Self.labels(pattern)
            guard labels.count == wanted.count, labels.dropFirst() == wanted.dropFirst() else { return false }
            return labels[0] == wanted[0] || labels[0] == "*" && wanted.count > 2
        }
    }

    private static func labels(_ name: String) -> [String] {
        name.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
}

extension ServerName: CustomStringConvertible {
    package var description: String {
        switch self {
        case .dns(let name): name
        case .address(let address): address
        }
    }
}
