import RESP
import RedisTransport
import SessionModel

/// May the Redis user do what the daemon does, and no more? Found out by doing it, as far as that changes nothing.
struct AccessExamination {
    let line: AccessLine
    var user: String { line.endpoint.user ?? "default" }

    /// One thing that the daemon does, and the reply to it.
    struct Trial {
        /// The command as an ACL names it.
        let command: String
        let reply: RESPValue
        /// Of a subscription.
        var channel: String?
    }

    /// What else was tried.
    struct Beyond {
        /// Reading a key that is not under the pattern; nil where every key is.
        var foreignRead: RESPValue?
        /// The reply to asking ACL DRYRUN whether a session may be deleted.
        var deletion: RESPValue
    }

    /// - Parameter trials: one for each command of the line, but for SELECT, without which there is no connection.
    func findings(_ trials: [Trial], _ beyond: Beyond) -> [Finding] {
        let missing = rights(missing: trials) { isRequired($0) }
        let wanted = rights(missing: trials) { !isRequired($0) }
        var findings: [Finding] = []
        if !missing.isEmpty { findings.append(self.missing(missing + wanted)) }
        if missing.isEmpty, !wanted.isEmpty { findings.append(limited(wanted)) }
        if findings.isEmpty {
            findings.append(
                Finding(
                    .ok, .accessSufficient, "the Redis user \(user) may do all that is needed to follow the sessions"))
        }
        if isWide(beyond.foreignRead) { findings.append(wide) }
        if let finding = revoking(beyond.deletion) { findings.append(finding) }
        return findings
    }

    /// Without the others the daemon works, but sees less.
    private func isRequired(_ command: String) -> Bool {
        switch command {
        case "ping", "scan", "getrange", "get", "pttl", "psubscribe": true
        case "subscribe", "client|id", "client|tracking": line.invalidation == .tracking
        default: false
        }
    }

    private func rights(missing trials: [Trial], where isMeant: (String) -> Bool) -> [String] {
        var rights: [String] = []
        for trial in trials where isMeant(trial.command) {
            let right: String? =
                switch Refusal(trial.reply) {
                case .command: "+" + trial.command
                case .key: line.readableKeys
                case .channel: trial.channel.map { "&" + $0 }
                default: nil
                }
            if let right, !rights.contains(right) { rights.append(right) }
        }
        return rights
    }

    private func mend(_ rights: [String]) -> [String] {
        [
            line.line(adding: rights, to: user),
            line.keeping,
            "then run `sessiond check` again: keys and channels show only once the commands are allowed",
        ]
    }

    private func missing(_ rights: [String]) -> Finding {
        Finding(
            .error, .accessMissing, "the Redis user \(user) lacks \(rights.joined(separator: " "))",
            why: "`sessiond serve` cannot follow the sessions without",
            mend: mend(rights))
    }

    private func limited(_ rights: [String]) -> Finding {
        Finding(
            .warning, .accessLimited, "the Redis user \(user) lacks \(rights.joined(separator: " "))",
            why:
                "without role a replica is not recognised; without subscribe and client nothing tells of FLUSHALL at once, nor of any change "
                + "where notifications are off",
            mend: mend(rights))
    }

    private func isWide(_ foreignRead: RESPValue?) -> Bool {
        guard let foreignRead else { return false }
        return Refusal(foreignRead) == nil && knowsUsers
    }

    /// ACLs came with Redis 6.
    private var knowsUsers: Bool { line.version.map { $0 >= RedisVersion(6, 0) } ?? true }

    private var wide: Finding {
        let ownUser = [
            line.line, line.keeping,
            "then write \(AccessLine.user):\(AccessLine.password)@ into the Redis URL, in a file for --redis-url-file",
        ]
        return Finding(
            .note, .accessWide, "the Redis user \(user) may read other keys than sessions",
            why: "sessiond needs no more than the sessions; a user of its own limits what a leaked password opens",
            // Nothing is taken from this one: others may use it, and Django does if its URL was given.
            mend: ownUser)
    }

    private func revoking(_ deletion: RESPValue) -> Finding? {
        let rights = [line.deletableKeys, "+del"]
        let mend = [line.line(adding: rights, to: user) + "    # only if sessions are to be ended by sessiond"]
        switch deletion {
        case .status(let bytes) where bytes == Array("OK".utf8):
            return Finding(.ok, .accessRevoke, "it may delete sessions, so `sessiond revoke` works")
        case .string(let bytes) where String(decoding: bytes, as: UTF8.self).contains("permission"):
            return Finding(
                .note, .accessRevoke, "it may not delete sessions",
                why: "`sessiond revoke` and user.revoke answer that they cannot", mend: mend)
        default:
            guard knowsUsers else { return nil }
            return Finding(
                .note, .accessRevoke, "whether it may delete sessions is not known: nothing is written to find out",
                why: "`sessiond revoke` and user.revoke need it", mend: mend)
        }
    }
}
