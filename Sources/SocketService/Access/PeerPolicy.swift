package import SessionModel

/// Who may do what at one socket, and see what.
package struct PeerPolicy: Sendable, Equatable {
    /// Whom a rule is for.
    package enum Subject: Sendable, Hashable, CustomStringConvertible {
        case user(UInt32)
        case group(UInt32)

        package var description: String {
            switch self {
            case .user(let uid): "uid \(uid)"
            case .group(let gid): "gid \(gid)"
            }
        }
    }

    /// What those have for whom it is.
    package struct Rule: Sendable, Equatable {
        package var subject: Subject
        package var rights: Rights
        /// The members of a session's data that they see; nil where the rule does not say.
        package var exposed: Set<String>?

        package init(_ subject: Subject, _ rights: Rights, exposed: Set<String>? = nil) {
            self.subject = subject
            self.rights = rights
            self.exposed = exposed
        }
    }

    private let daemonUID: UInt32
    private let rules: [Rule]
    private let othersRights: Rights
    private let view: DataView
    private let unmapped: UnmappedAccounts

    /// - Parameters:
    ///   - daemonUID: the user as whom the daemon runs.
    ///   - rules: what some users and groups have.
    ///   - others: what everybody else has whom the permissions of the socket's file let in.
    ///   - view: what of a session's data those see for whom no rule says otherwise.
    ///   - unmapped: numbers that name nobody.
    package init(
        daemonUID: UInt32, rules: [Rule] = [], others: Rights = .identify, view: DataView = .standard,
        unmapped: UnmappedAccounts = UnmappedAccounts()
    ) {
        self.daemonUID = daemonUID
        self.rules = rules
        othersRights = others
        self.view = view
        self.unmapped = unmapped
    }

    /// What is to be said of numbers that name nobody, and that somebody may have meant.
    package var warnings: [String] {
        var warnings: [String] = []
        if let uid = unmapped.uid, uid == daemonUID {
            warnings.append(
                """
                sessiond runs as uid \(uid), as which the kernel also shows everybody who has no number in this user namespace: \
                nobody is taken for its own user. Run it as another user, or outside of the namespace
                """)
        }
        for subject in rules.map(\.subject) where isNobody(subject) {
            warnings.append("a rule is for \(subject), which names nobody in this user namespace: it gives nothing")
        }
        return warnings
    }

    private func isNobody(_ subject: Subject) -> Bool {
        switch subject {
        case .user(let uid): uid == unmapped.uid
        case .group(let gid): gid == unmapped.gid
        }
    }

    /// What a peer has.
    struct Grant: Equatable {
        var rights: Rights
        var view: DataView
    }

    /// The superuser and the daemon's own user may do everything. For others the rules that fit add up; where none does, they
    /// have what all others have. A number that can be anybody's fits no rule.
    func grant(to peer: Peer) -> Grant {
        let fitting = rules.filter { rule in
            guard !isNobody(rule.subject) else { return false }
            return switch rule.subject {
            case .user(let uid): peer.uid == uid
            case .group(let gid): peer.gid == gid || peer.groups.contains(gid)
            }
        }
        let named = fitting.reduce(into: Rights()) { $0.formUnion($1.rights) }
        let exposed = fitting.compactMap(\.exposed)
        let mayAll = (peer.uid == 0 || peer.uid == daemonUID) && peer.uid != unmapped.uid
        return Grant(
            rights: mayAll ? .all : fitting.isEmpty ? othersRights : named,
            view: exposed.isEmpty ? view : .exposing(exposed.reduce(into: []) { $0.formUnion($1) })
        )
    }
}
