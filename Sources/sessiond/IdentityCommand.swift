import ArgumentParser
import Foundation
import SessiondClient

/// `sessiond identity`.
struct IdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Who is behind this session key?",
        discussion: """
            Exits with 0 where somebody is logged in, with 1 where nobody is, and with 2 where that cannot be told.

            Examples:
              sessiond identity - <<< "$COOKIE"
              sessiond identity --json - < key.txt
            """
    )

    @OptionGroup var sessionKey: SessionKeyArgument

    @Flag(help: "Ask Redis even where the daemon is sure.")
    var confirm = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await client.withConnection { connection in
            let key = try sessionKey.read()
            guard client.wantsJSON else {
                try print(try await connection.identity(of: key, confirm: confirm))
                return
            }
            let result = try await connection.call("session.identity", LookupParams(key, confirm: confirm))
            Terminal.print(json: result)
            guard try LookupParams.isAuthenticated(result) else {
                throw ExitCode(1)
            }
        }
    }

    private func print(_ identity: SessionIdentity) throws(ExitCode) {
        switch identity {
        case .authenticated(let login):
            Terminal.print(Words.login(login))
        case .nobody(let reason):
            Terminal.print("nobody: \(Words.reason(reason))")
            throw ExitCode(1)
        }
    }
}

/// The params of `session.identity` and `session.get`.
struct LookupParams: Encodable {
    private let sessionKey: String
    private let confirm: Bool?

    private enum CodingKeys: String, CodingKey {
        case sessionKey = "session_key"
        case confirm
    }

    init(_ key: String, confirm: Bool) {
        sessionKey = key
        self.confirm = confirm ? true : nil
    }

    /// Whether a result of either method tells somebody.
    static func isAuthenticated(_ result: [UInt8]) throws -> Bool {
        struct Result: Decodable {
            let authenticated: Bool
        }
        return try JSONDecoder().decode(Result.self, from: Data(result)).authenticated
    }
}
