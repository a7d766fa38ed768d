/// Where Redis is and as whom to talk to it; redis-py's URL forms.
package struct RedisEndpoint: Sendable, Equatable {
    package var address: Address
    package var user: String?
    package var password: String?
    package var database: Int

    package enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package init(address: Address, user: String? = nil, password: String? = nil, database: Int = 0) {
        self.address = address
        self.user = user
        self.password = password
        self.database = database
    }

    /// Reads `redis://[[user]:password@]host[:port][/db]` or `unix://[[user]:password@]/path[?db=N]`.
    ///
    /// `db`, `username` and `password` may also stand in the query, as redis-py allows. Percent escapes are resolved.
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
        if hasCredentials {
            let (user, password) = Self.cut(body[..<credentialsEnd], at: ":")
            self.user = try Self.unescaped(user).nilIfEmpty
            self.password = try password.map { part throws(RedisURLError) in try Self.unescaped(part) }?.nilIfEmpty
        }
        switch scheme {
        case "redis":
            let (authority, path) = Self.cut(location, at: "/")
            address = try Self.tcpAddress(authority)
            if let path, !path.isEmpty { database = try Self.database(path) }
        case "unix":
            let path = try Self.unescaped(location)
            guard path.hasPrefix("/") else { throw .relativeSocketPath }
            address = .unix(path: path)
        case "rediss": throw .tlsNotSupported
        default: throw .unknownScheme
        }
        try readQuery(query ?? "")
    }

    private mutating func readQuery(_ query: Substring) throws(RedisURLError) {
        for parameter in query.split(separator: "&") {
            let (name, value) = Self.cut(parameter, at: "=")
            switch name {
            case "db": database = try Self.database(value ?? "")
            case "username": user = try Self.unescaped(value ?? "").nilIfEmpty
            case "password": password = try Self.unescaped(value ?? "").nilIfEmpty
            default: throw .unknownParameter
            }
        }
    }

    private static func tcpAddress(_ authority: Substring) throws(RedisURLError) -> Address {
        var host = authority
        var port: Substring?
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            (host, port) = cut(authority, at: ":")
        }
        guard let number = port.map({ Int($0) }) ?? 6379, (1...65_535).contains(number) else { throw .badPort }
        return .tcp(host: host.isEmpty ? "localhost" : String(host), port: number)
    }

    private static func database(_ text: Substring) throws(RedisURLError) -> Int {
        guard let number = Int(text), number >= 0 else { throw .badDatabase }
        return number
    }

    /// The "@" before the path of a Unix socket, or the end where there is none.
    private static func unixCredentialsEnd(_ body: Substring) -> Substring.Index {
        body.firstRange(of: "@/")?.lowerBound ?? body.endIndex
    }

    private static func cut(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let place = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    private static func unescaped(_ text: Substring) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: Array(rest.prefix(2)), as: UTF8.self), radix: 16)
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
        case .tcp(let host, let port): "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        case .unix(let path): "unix://\(path)?db=\(database)"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a Redis URL cannot be used. Never holds a part of the URL.
package enum RedisURLError: Error, Equatable, CustomStringConvertible {
    case notAURL, unknownScheme, tlsNotSupported, relativeSocketPath, badPort, badDatabase, badEscape, unknownParameter

    package var description: String {
        let form = "redis://[[user]:password@]host[:port][/db] or unix:///path?db=N"
        return switch self {
        case .notAURL: "the Redis URL is no URL: expected \(form)"
        case .unknownScheme: "the Redis URL's scheme is not known: expected \(form)"
        case .tlsNotSupported: "rediss:// (TLS) is not supported yet: use redis:// or a Unix socket"
        case .relativeSocketPath: "the socket's path in the Redis URL must be absolute: unix:///path?db=N"
        case .badPort: "the port in the Redis URL is no number between 1 and 65535"
        case .badDatabase: "the database in the Redis URL is no number from 0"
        case .badEscape: "the Redis URL holds a percent escape that is none; write % as %25"
        case .unknownParameter: "the Redis URL's query knows db, username and password only"
        }
    }
}

extension String {
    fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
