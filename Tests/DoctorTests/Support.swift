import RESP

@testable import Doctor

extension RESPValue {
    static func text(_ text: String) -> RESPValue { .string(Array(text.utf8)) }
    static func failed(_ text: String) -> RESPValue { .error(Array(text.utf8)) }
    static func config(_ value: String) -> RESPValue { .array([.text("name"), .text(value)]) }
    static let noPermission = failed("NOPERM this user has no permissions to run the 'x' command")
    static let noKey = failed("NOPERM this user has no permissions to access one of the keys used as arguments")
    static let noChannel = failed("NOPERM this user has no permissions to access one of the channels used as arguments")
}

extension RedisInfo {
    /// What INFO would tell in these lines.
    static func of(_ lines: String...) throws -> RedisInfo {
        guard let info = RedisInfo(.text("# Section\r\n" + lines.joined(separator: "\r\n") + "\r\n")) else {
            throw NoInfo()
        }
        return info
    }

    struct NoInfo: Error {}
}
