import Foundation
package import Listening
import SessionModel
package import SocketService

/// One socket that is served: where it is, and who may do what there.
package struct SocketConfiguration: Sendable {
    package var place: Place
    package var policy: PeerPolicy

    package enum Place: Sendable, Equatable {
        /// The daemon opens it.
        case file(path: String, mode: UInt32, group: UInt32?)
        /// The service manager has opened it.
        case passed(PassedSocket)

        /// Whether it is the same socket, whoever may use it.
        func isSame(as other: Place) -> Bool {
            switch (self, other) {
            case (.file(let path, _, _), .file(let otherPath, _, _)): path == otherPath
            case (.passed(let socket), .passed(let other)): socket.name == other.name
            default: false
            }
        }
    }
}

extension SocketConfiguration {
    /// All sockets: those that were passed, that of `--socket`, and those of the file's table.
    ///
    /// - Parameter mainPath: of `--socket`, or of its default; nil where there is to be none.
    static func all(
        _ options: OptionReader, passed: [PassedSocket], mainPath: String?, for purpose: ConfigurationPurpose
    ) throws(ConfigurationError) -> [SocketConfiguration] {
        let main = try mainPolicy(options)
        var sockets: [SocketConfiguration] = []
        var policies: [String: PeerPolicy] = [:]
        for entry in try options.entries(of: .sockets) {
            try entry.allow("path", "name", "mode", "group", "may", "rights", "expose")
            let policy = try PeerRules.policy(
                entry.entries("rights"), others: try entry.words("may"), exposed: try entry.words("expose"),
                othersProblem: { entry.problem("may: \($0)") }, exposedProblem: { entry.problem("expose: \($0)") })
            switch (try entry.text("path"), try entry.text("name")) {
            case (let path?, nil):
                sockets.append(
                    SocketConfiguration(
                        place: .file(
                            path: path, mode: try mode(try entry.text("mode")) { entry.problem("mode: \($0)") },
                            group: try group(try entry.text("group")) { entry.problem("group: \($0)") }),
                        policy: policy))
            case (nil, let name?):
                guard purpose == .examining || passed.contains(where: { $0.name == name }) else {
                    throw entry.problem("the service manager has passed no socket of the name \(name)")
                }
                policies[name] = policy
            default: throw entry.problem("it takes a path, or the name of a socket that is passed, and not both")
            }
        }
        let others = passed.map { SocketConfiguration(place: .passed($0), policy: policies[$0.name] ?? main) }
        guard let mainPath else { return others + sockets }
        let place = Place.file(
            path: mainPath, mode: try mode(options.text(.socketMode)) { .badValue(option: .socketMode, problem: $0) },
            group: try group(options.text(.socketGroup)) { .badValue(option: .socketGroup, problem: $0) })
        return others + [SocketConfiguration(place: place, policy: main)] + sockets
    }

    /// What is to be said of who may do what, each once.
    static func warnings(of sockets: [SocketConfiguration]) -> [String] {
        sockets.flatMap(\.policy.warnings).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func mainPolicy(_ options: OptionReader) throws(ConfigurationError) -> PeerPolicy {
        try PeerRules.policy(
            try options.entries(of: .rights), others: options.words(.socketRights), exposed: options.words(.expose),
            othersProblem: { .badValue(option: .socketRights, problem: $0) },
            exposedProblem: { .badValue(option: .expose, problem: $0) })
    }

    static func mode(
        _ text: String?, _ problem: (String) -> ConfigurationError
    ) throws(ConfigurationError) -> UInt32 {
        guard let text else { return 0o660 }
        guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
            throw problem("expected octal permissions such as 0660")
        }
        return mode
    }

    static func group(
        _ name: String?, _ problem: (String) -> ConfigurationError
    ) throws(ConfigurationError) -> UInt32? {
        guard let name else { return nil }
        guard let number = AccountNames.group(name) else { throw problem("there is no group \(name)") }
        return number
    }
}
