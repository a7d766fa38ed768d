/// Where Django's sessions lie in Redis: `django_sessions:{session_key}`, as `--key-pattern` gives it.
package struct KeyPattern: Sendable, Equatable {
    /// What stands in a pattern for the session key.
    package static let placeholder = "{session_key}"
    package static let `default` = KeyPattern(prefix: Array("django_sessions:".utf8), suffix: [])

    /// What every key begins with; may be empty.
    package let prefix: [UInt8]
    private let suffix: [UInt8]

    private init(prefix: [UInt8], suffix: [UInt8]) {
        self.prefix = prefix
        self.suffix = suffix
    }

    /// Nil unless ``placeholder`` stands in the text exactly once.
    package init?(_ text: String) {
        // By bytes: as characters, a combining accent behind the placeholder would hide it.
        let parts = text.utf8.split(separator: Self.placeholder.utf8, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        self.init(prefix: Array(parts[0]), suffix: Array(parts[1]))
    }

    /// The key in Redis that holds this session.
    package func redisKey(of key: SessionKey) -> [UInt8] {
        prefix + key.bytes + suffix
    }

    /// The session whose value this key of Redis holds; nil where the key is no session's.
    package func sessionKey(of redisKey: ArraySlice<UInt8>) -> SessionKey? {
        guard redisKey.count > prefix.count + suffix.count, redisKey.prefix(prefix.count) == prefix[...],
            redisKey.suffix(suffix.count) == suffix[...]
        else { return nil }
        return SessionKey(redisKey.dropFirst(prefix.count).dropLast(suffix.count))
    }

    /// The glob that matches these keys and no others in `SCAN … MATCH`.
    package var scanPattern: [UInt8] {
        Self.escapingGlob(prefix) + [UInt8(ascii: "*")] + Self.escapingGlob(suffix)
    }

    /// The glob for `PSUBSCRIBE` that hears of these keys in one database.
    package func channelPattern(database: Int) -> [UInt8] {
        Self.channelPrefix(database: database) + scanPattern
    }

    /// What stands before the key in the name of a keyspace channel. Keys may hold colons: cut here, not at the last.
    package static func channelPrefix(database: Int) -> [UInt8] {
        Array("__keyspace@\(database)__:".utf8)
    }

    /// Backslashes before the characters that Redis's `stringmatchlen` treats as a pattern: `* ? [ ] \` and, inside
    /// brackets only, `^` and `-`, which need none here.
    private static func escapingGlob(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { Array("*?[]\\".utf8).contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }
}

extension KeyPattern: CustomStringConvertible {
    package var description: String {
        String(decoding: prefix, as: UTF8.self) + Self.placeholder + String(decoding: suffix, as: UTF8.self)
    }
}
