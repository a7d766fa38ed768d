import Foundation
import Glibc
import SessionModel
import SocketService

/// The table of rights: entries of `user` or `group`, with what they `may` and what is `expose`d to them.
enum PeerRules {
    /// - Parameters:
    ///   - others: rights of whom no entry names; nil for `identify`.
    ///   - exposed: the members of session data that those see for whom no entry says otherwise; nil for all but what is hidden
    ///     by default.
    ///   - othersProblem: says where `others` stands.
    ///   - exposedProblem: says where `exposed` stands.
    static func policy(
        _ entries: [ConfigurationEntry], others: [String]?, exposed: [String]?,
        othersProblem: (String) -> ConfigurationError, exposedProblem: (String) -> ConfigurationError
    ) throws(ConfigurationError) -> PeerPolicy {
        var rules: [PeerPolicy.Rule] = []
        for entry in entries {
            try entry.allow("user", "group", "may", "expose")
            let subject = try subject(entry)
            // A rule replaces what everybody has, so one that only says what is shown would take that away.
            guard let may = try entry.words("may") else {
                throw entry.problem("it does not say what it may: [identify], or [] for nothing")
            }
            rules.append(
                PeerPolicy.Rule(
                    subject, try rights(may) { entry.problem($0) },
                    exposed: try names(try entry.words("expose")) { entry.problem($0) }))
        }
        return PeerPolicy(
            daemonUID: geteuid(), rules: rules, others: try rights(others ?? ["identify"], othersProblem),
            view: try names(exposed, exposedProblem).map { .exposing($0) } ?? .standard,
            unmapped: UnmappedAccounts { try? String(contentsOfFile: $0, encoding: .utf8) })
    }

    private static func subject(_ entry: ConfigurationEntry) throws(ConfigurationError) -> PeerPolicy.Subject {
        switch (try entry.text("user"), try entry.text("group")) {
        case (let name?, nil):
            guard let uid = AccountNames.user(name) else { throw entry.problem("there is no user \(name)") }
            return .user(uid)
        case (nil, let name?):
            guard let gid = AccountNames.group(name) else { throw entry.problem("there is no group \(name)") }
            return .group(gid)
        default: throw entry.problem("it names a user or a group, and not both")
        }
    }

    static func rights(
        _ names: [String], _ problem: (String) -> ConfigurationError
    ) throws(ConfigurationError) -> Rights {
        var rights = Rights()
        for name in names {
            guard let right = Rights(name: name) else {
                throw problem("there is no right \(name): expected \(Rights.all.names.joined(separator: ", "))")
            }
            rights.formUnion(right)
        }
        return rights
    }

    private static func names(
        _ names: [String]?, _ problem: (String) -> ConfigurationError
    ) throws(ConfigurationError) -> Set<String>? {
        guard let names else { return nil }
        if let credential = names.first(where: DataView.credentials.contains) {
            throw problem("\(credential) is a credential and is never shown: leave it out")
        }
        return Set(names)
    }
}

/// Names of users and groups, or their numbers.
enum AccountNames {
    static func user(_ name: String) -> UInt32? {
        UInt32(name) ?? getpwnam(name)?.pointee.pw_uid
    }

    static func group(_ name: String) -> UInt32? {
        UInt32(name) ?? getgrnam(name)?.pointee.gr_gid
    }
}
