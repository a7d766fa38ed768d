import NIOCore

/// Keeps pages of other sites in a browser on this machine from reading what the door tells.
///
/// A browser says in `Host` by which name it came: a name that somebody else's server gives out for this machine (DNS rebinding) is
/// none of ours. And it says in `Origin` whose page asks.
package struct HostCheck: Sendable {
    /// Names and addresses in lower case, addresses of IPv6 in brackets, without ports: who can give out a name can give out any port.
    private let names: Set<String>

    /// - Parameters:
    ///   - bound: the address that is listened to; nil for a Unix socket.
    ///   - further: what `--http-hosts` names.
    package init(bound: String?, further: [String]) {
        var names: Set = ["localhost", "127.0.0.1", "[::1]"]
        if let bound { names.insert(Self.bracketed(bound)) }
        names.formUnion(further.map { Self.bracketed($0.lowercased()) })
        self.names = names
    }

    /// Whether this can be the name of a host, or its address; a port would never be compared.
    package static func isName(_ text: String) -> Bool {
        let authority = bracketed(text)
        return name(ofAuthority: authority) == authority.lowercased()
            && (!authority.hasPrefix("[")
                || authority.hasSuffix("]") && (try? SocketAddress(ipAddress: unbracketed(authority), port: 0)) != nil)
    }

    private static func unbracketed(_ address: String) -> String {
        String(address.dropFirst().dropLast())
    }

    private static func bracketed(_ name: String) -> String {
        name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
    }

    /// Why a request is refused; a sentence.
    package enum Refusal: Sendable, Equatable {
        case noHost, foreignHost, foreignOrigin
    }

    /// Nil where it may pass.
    ///
    /// - Parameters:
    ///   - hosts: the values of the `Host` headers.
    ///   - origins: of the `Origin` headers.
    func refusal(hosts: [String], origins: [String]) -> Refusal? {
        guard hosts.count == 1, let name = Self.name(ofAuthority: hosts[0]) else { return .noHost }
        guard names.contains(name) else { return .foreignHost }
        for origin in origins {
            guard let separator = origin.firstRange(of: "://"),
                ["http", "https"].contains(origin[..<separator.lowerBound].lowercased()),
                origin[separator.upperBound...].lowercased() == hosts[0].lowercased()
            else { return .foreignOrigin }
        }
        return nil
    }

    /// The name of `name`, `name:port`, `[::1]` or `[::1]:port`; nil for anything else.
    private static func name(ofAuthority text: String) -> String? {
        let text = text.lowercased()
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]").map(text.index(after:)) : text.firstIndex(of: ":")
        let name = text[..<(end ?? text.endIndex)]
        let rest = text[name.endIndex...]
        let port = rest.dropFirst()
        guard !name.isEmpty,
            rest.isEmpty || (rest.hasPrefix(":") && port.utf8.allSatisfy { (0x30...0x39).contains($0) })
        else { return nil }
        return String(name)
    }
}

extension HostCheck.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noHost: "the request has to name one Host"
        case .foreignHost:
            "this Host is none of sessiond's: ask localhost, have the proxy set Host to localhost, or name it with --http-hosts"
        case .foreignOrigin:
            "pages of other sites may not ask (Origin): have the proxy remove Origin from what it asks sessiond"
        }
    }
}
