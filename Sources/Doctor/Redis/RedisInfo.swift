import RESP

/// What INFO tells of a server.
struct RedisInfo {
    private let fields: [String: String]

    /// Nil where the reply is none of INFO.
    init?(_ reply: RESPValue) {
        guard case .string(let bytes) = reply else { return nil }
        var fields: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) where !line.hasPrefix("#")
        {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        self.fields = fields
    }

    subscript(_ field: String) -> String? { fields[field] }

    func number(_ field: String) -> Int? { fields[field].flatMap { Int($0) } }

    /// The product and its version.
    var server: String? {
        if let version = fields["valkey_version"] { return "Valkey \(version)" }
        return fields["redis_version"].map { "Redis \($0)" }
    }

    /// Of Redis, or which Redis another server says that it is like.
    var version: RedisVersion? { fields["redis_version"].flatMap { RedisVersion($0) } }

    /// How many keys there are in each database that is not empty.
    var keyCounts: [Int: Int] {
        var counts: [Int: Int] = [:]
        for (field, text) in fields where field.hasPrefix("db") {
            guard let number = Int(field.dropFirst(2)), text.hasPrefix("keys=") else { continue }
            counts[number] = Int(text.dropFirst(5).prefix { $0 != "," })
        }
        return counts
    }
}

/// As far as it makes a difference.
struct RedisVersion: Comparable {
    let major: Int
    let minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".").map { Int($0) }
        guard parts.count >= 2, let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major, minor)
    }

    /// Nil where the reply is none of HELLO, as before Redis 6.
    init?(hello reply: RESPValue) {
        guard case .array(let parts) = reply, let name = parts.firstIndex(where: { $0.bytes == Array("version".utf8) }),
            parts.indices.contains(name + 1), let version = parts[name + 1].bytes
        else { return nil }
        self.init(String(decoding: version, as: UTF8.self))
    }

    static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}

/// A parameter of the server's configuration, as CONFIG GET answers it.
enum ConfigReply {
    static func value(_ reply: RESPValue) -> String? {
        guard case .array(let pair) = reply, pair.count == 2 else { return nil }
        return pair[1].bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
