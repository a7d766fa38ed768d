import SessionModel

/// Names that nobody's session has, as long as those that Django makes.
enum ProbeKeys {
    private static let byteCount = 32
    /// So many that those of a cluster's nodes are among them.
    static let count = 8

    static let all: [SessionKey] = (0..<count).map { key(padded: "\($0)-\(UInt32.random(in: 0...UInt32.max))") }

    /// A key of that length; the text is at its end.
    static func key(padded text: String) -> SessionKey {
        let bytes = Array("sessiond-check-".utf8) + Array(text.utf8)
        let padding = Array(repeating: UInt8(ascii: "-"), count: max(0, byteCount - bytes.count))
        guard let key = SessionKey(bytes + padding) else { preconditionFailure("32 bytes are a session key") }
        return key
    }

    /// A name that is no session's, whatever the pattern but for one that takes all.
    static let foreign = Array("sessiond-check:outside-of-the-pattern".utf8)
}
