import SessiondClient

/// Is the daemon's socket there, open to this user, and what does the daemon say?
struct SocketExamination {
    let path: String
    let database: Int

    /// What came of asking.
    struct Answer {
        let info: ServerInfo
        let status: ServerStatus
        /// What the daemon says of sessions that were read in Redis.
        let agreement: Agreement
    }

    /// How the daemon's answers compare with what is in Redis.
    enum Agreement: Equatable {
        /// It knows so many of the sessions that it was asked about, by the same users.
        case same(count: Int)
        /// It knows none of them.
        case unknown(count: Int)
        /// It finds them, and their signature fits no key of its own.
        case invalid
        /// It finds them, and cannot read them.
        case unreadable
        /// It names another user.
        case otherUser
        /// There is nothing to compare by.
        case uncompared
    }

    func finding(_ error: SessiondClientError) -> Finding {
        switch error {
        case .noSocket:
            Finding(
                .note, .socketAbsent, "no socket at \(path)", why: "right if the daemon does not run yet",
                mend: [
                    "systemctl status sessiond    # or where else it is started", "--socket PATH, if it is elsewhere",
                ])
        case .nobodyListens:
            Finding(
                .warning, .socketDead, "nobody listens at \(path)", why: "the daemon that made it is gone",
                mend: ["systemctl start sessiond    # or `sessiond serve`, as it is started otherwise"])
        case .permissionDenied(_, let group):
            Finding(
                .error, .socketForbidden, "this user may not connect to \(path)",
                why: "whatever runs as this user cannot ask the daemon",
                mend: group.map { ["sudo usermod -aG \(ShellText.quoted($0)) \"$USER\"    # and log in again"] }
                    ?? [
                        "--socket-group GROUP for the daemon, a group that this user is in",
                        ShellText.line(["ls", "-l", path]),
                    ])
        case .refused(let refusal) where refusal.code == RemoteError.Code.forbidden:
            Finding(
                .error, .socketForbidden, "sessiond answers at \(path), and this user may do nothing there",
                why: "whatever runs as this user cannot ask the daemon",
                mend: ["sessiond.yaml: an entry in `rights`, or --socket-rights identify for all who can connect"])
        default:
            Finding(
                .warning, .socketSilent, "\(error)", why: "clients of the socket wait in vain, too",
                mend: ["journalctl -u sessiond    # what the daemon has logged"])
        }
    }

    func findings(_ answer: Answer) -> [Finding] {
        let rights = answer.info.rights.isEmpty ? "nothing" : answer.info.rights.joined(separator: ", ")
        var findings = [
            Finding(
                .ok, .socketAnswers,
                "sessiond \(answer.info.version) answers at \(path); this user (uid \(answer.info.peer.uid)) may \(rights)"
            )
        ]
        let link = answer.status.link
        if link.state != "live" {
            findings.append(
                Finding(
                    .warning, .socketLink,
                    "its link to Redis is \(link.state)\(link.lastError.map { ": \($0)" } ?? "")",
                    why: "it answers `unavailable` for what it cannot prove", mend: ["sessiond status"]))
        }
        if link.database != database {
            findings.append(
                elsewhere("it follows database \(link.database), and this configuration names database \(database)"))
        } else if link.state == "live" {
            findings.append(comparison(answer.agreement))
        }
        return findings
    }

    private func comparison(_ agreement: Agreement) -> Finding {
        let otherKeys = "it runs with other secret keys, or another --encoding, than this configuration"
        let reload = ["systemctl reload sessiond    # takes up secret keys; another --encoding wants a restart"]
        return switch agreement {
        case .same(let count):
            Finding(
                .ok, .socketAgrees,
                "it knows the sessions of this Redis: asked about \(count), it named the users that stand there")
        case .unknown(let count):
            elsewhere("it knows none of \(Words.count(count, "session")) of this Redis that it was asked about")
        case .invalid:
            Finding(
                .error, .socketOtherKeys, "it takes sessions for `invalid` that verify here",
                why: otherKeys, mend: reload)
        case .unreadable:
            Finding(
                .error, .socketOtherKeys, "it takes sessions for `unreadable` that can be read here", why: otherKeys,
                mend: reload)
        case .otherUser: elsewhere("it names other users than this Redis for the same sessions")
        case .uncompared:
            Finding(
                .note, .socketUncompared,
                "whether it follows the same Redis cannot be told: no session here is logged in",
                why: "it would be asked about one", mend: [])
        }
    }

    private func elsewhere(_ what: String) -> Finding {
        Finding(
            .error, .socketElsewhere, what,
            why: "the daemon was started with another configuration: --redis-url, --key-pattern",
            mend: [
                "compare with the line that starts it: ps -o args -C sessiond; and restart it, or name its configuration to this check"
            ])
    }
}
