import RESP

/// Why Redis did not do what was asked.
enum Refusal: Equatable {
    /// The user may not run the command.
    case command
    /// The user may run it, but not on this key.
    case key
    /// The user may run it, but not with this channel.
    case channel
    /// The server has no such command, or hides it.
    case unknown
    /// Another error, by its first word.
    case other(String)

    /// Nil for a reply that is no error.
    init?(_ reply: RESPValue) {
        guard case .error(let bytes) = reply, let code = reply.errorCode else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        switch code {
        // Redis up to 7.0, and newer ones and Valkey.
        case "NOPERM" where text.contains("of the keys") || text.contains("access a key"): self = .key
        case "NOPERM" where text.contains("of the channels") || text.contains("access a channel"): self = .channel
        case "NOPERM": self = .command
        case "ERR" where text.contains("unknown command") || text.contains("unknown subcommand"): self = .unknown
        default: self = .other(code)
        }
    }

    /// What to say of a `command` that was refused.
    func words(_ command: String) -> String {
        switch self {
        case .command: "this Redis user may not run \(command)"
        case .key: "this Redis user may not run \(command) on these keys"
        case .channel: "this Redis user may not use these channels"
        case .unknown: "this server has no \(command)"
        case .other(let code): "Redis refuses \(command) (\(code))"
        }
    }
}

extension Finding {
    /// What could not be looked at, with the way to look all the same.
    static func unknown(_ id: FindingID, _ refusal: Refusal, _ command: String, _ what: String) -> Finding {
        Finding(
            .note, id, "\(what) cannot be told: \(refusal.words(command))",
            why: "sessiond can do without; only this check cannot look",
            mend: refusal == .unknown
                ? []
                : [
                    "to have this examined, too, run `sessiond check` once with the Redis URL of a user who may (SESSIOND_REDIS_URL)"
                ]
        )
    }
}
