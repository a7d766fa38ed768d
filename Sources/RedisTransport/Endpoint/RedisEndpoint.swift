/// Where Redis is and as whom to talk to it; redis-py's URL forms.
package struct RedisEndpoint: Sendable, Equatable {
    package var address: Address
    package var user: String?
    package var password: String?
    package var database: Int
    /// Nil where Redis is talked to in plain text.
    package var tls: TLSSettings?

    package enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package init(
        address: Address, user: String? = nil, password: String? = nil, database: Int = 0, tls: TLSSettings? = nil
    ) {
        self.address = address
        self.user = user
        self.password = password
        self.database = database
        self.tls = tls
    }

    /// Reads `redis://[[user]:password@]host[:port][/db]`, the same with `rediss://` for TLS, or
    /// `unix://[[user]:password@]/path[?db=N]`.
    ///
    /// `db`, `username` and `password` may also stand in the query, as redis-py allows, and with `rediss://` its words for
    /// TLS. Percent escapes are resolved.
    ///
    /// - Throws: ``RedisURLError``, which never repeats the URL: it may hold a password.
    package init(url: String) throws(RedisURLError) {
        guard let schemeEnd = url.firstRange(of: "://") else { throw .notAURL }
        let scheme = url[..<schemeEnd.lowerBound].lowercased()
        let (body, query) = Self.cut(url[schemeEnd.upperBound...], at: "?")
        // The password may hold an unescaped "@"; a host cannot.
        let authorityEnd = scheme == "unix" ? body.endIndex : body.lastIndex(of: "@") ?? body.startIndex
        let credentialsEnd = scheme == "unix" ? Self.unixCredentialsEnd(body) : authorityEnd
        let hasCredentials = credentialsEnd < body.endIndex && body[credentialsEnd] == "@"
        let location = hasCredentials ? body[body.index(after: credentialsEnd)...] : body
        self.init(address: .unix(path: ""))
        let parameters = try RedisURLQuery(query ?? "", allowsTLS: scheme == "rediss")
        (user, password) = (parameters.user, parameters.password)
        if hasCredentials {
            let (user, password) = Self.cut(body[..<credentialsEnd], at: ":")
            self.user = try Self.unescaped(user).nilIfEmpty ?? self.user
            self.password = try Self.unescaped(password ?? "").nilIfEmpty ?? self.password
        }
        switch scheme {
        case "redis", "rediss":
            let (authority, path) = Self.cut(location, at: "/")
            address = try Self.tcpAddress(authority)
            // redis-py drops slashes here, too.
            let number = (path ?? "").filter { $0 != "/" }
            if !number.isEmpty { database = try Self.database(number[...]) }
        case "unix":
            let path = try Self.unescaped(location)
            guard path.hasPrefix("/") else { throw .relativeSocketPath }
            address = .unix(path: path)
        default: throw .unknownScheme
        }
        database = parameters.database ?? database
        tls = scheme == "rediss" ? parameters.tls : nil
    }

    private static func tcpAddress(_ authority: Substring) throws(RedisURLError) -> Address {
        var host = authority
        var port: Substring?
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw .badPort }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            (host, port) = cut(authority, at: ":")
        }
        guard let number = port.nilIfEmpty.map(decimal) ?? 6379, (1...65_535).contains(number) else { throw .badPort }
        return .tcp(host: host.isEmpty ? "localhost" : try unescaped(host), port: number)
    }

    static func database(_ text: Substring) throws(RedisURLError) -> Int {
        guard let number = decimal(text) else { throw .badDatabase }
        return number
    }

    /// Digits alone, where `Int` would take a sign.
    private static func decimal(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    /// The "@" before the path of a Unix socket, or the end where there is none.
    private static func unixCredentialsEnd(_ body: Substring) -> Substring.Index {
        guard !body.hasPrefix("/") else { return body.endIndex }
        return body.firstRange(of: "@/")?.lowerBound ?? body.endIndex
    }

    static func cut(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let place = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    static func unescaped(_ text: Substring) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            // Without this, `UInt8` would take a sign.
            guard digits.count == 2, !digits.contains(where: "+-".utf8.contains),
                let value = UInt8(String(decoding: Array(digits), as: UTF8.self), radix: 16)
            else { throw .badEscape }
            bytes.append(value)
            rest.removeFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badEscape }
        return text
    }
}

extension RedisEndpoint: CustomStringConvertible, CustomReflectable {
    /// The address and the database, without credentials.
    package var description: String {
        switch address {
        case .tcp: "\(tls == nil ? "redis" : "rediss")://\(address)/\(database)"
        case .unix(let path): "unix://\(path)?db=\(database)"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension RedisEndpoint.Address: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path): path
        }
    }
}

extension String {
    var nilIfEmpty: String? { isEmpty ? nil : self }
}

extension Substring? {
    fileprivate var nilIfEmpty: Substring? { self?.isEmpty == true ? nil : self }
}
