package import SessionModel

/// Who may do what at one socket, and see what.
package struct PeerPolicy: Sendable, Equatable {
    /// Whom a rule is for.
    package enum Subject: Sendable, Hashable {
        case user(UInt32)
        case group(UInt32)
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

    /// - Parameters:
    ///   - daemonUID: the user as whom the daemon runs.
    ///   - rules: what some users and groups have.
    ///   - others: what everybody else has whom the permissions of the socket's file let in.
    ///   - view: what of a session's data those see for whom no rule says otherwise.
    package init(
        daemonUID: UInt32, rules: [Rule] = [], others: Rights = .identify, view: DataView = .standard
    ) {
        self.daemonUID = daemonUID
        self.rules = rules
        othersRights = others
        self.view = view
    }

    /// What a peer has.
    struct Grant: Equatable {
        var rights: Rights
        var view: DataView
    }

    /// The superuser and the daemon's own user may do everything. For others the rules that fit add up; where none does, they
    /// have what all others have.
    func grant(to peer: Peer) -> Grant {
        let fitting = rules.filter { rule in
            switch rule.subject {
            case .user(let uid): peer.uid == uid
            case .group(let gid): peer.gid == gid || peer.groups.contains(gid)
            }
        }
        let named = fitting.reduce(into: Rights()) { $0.formUnion($1.rights) }
        let exposed = fitting.compactMap(\.exposed)
        return Grant(
            rights: peer.uid == 0 || peer.uid == daemonUID ? .all : fitting.isEmpty ? othersRights : named,
            view: exposed.isEmpty ? view : .exposing(exposed.reduce(into: []) { $0.formUnion($1) })
        )
    }
}
