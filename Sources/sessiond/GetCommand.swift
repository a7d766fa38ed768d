import ArgumentParser
import Foundation
import SessiondClient

/// `sessiond get`.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "The decoded session of a key.",
        discussion: """
            Prints the session's data as JSON on standard output, and who is behind it on standard error. Needs the right \
            `read`. What Python has and JSON has not stands as a tagged object, such as {"$py":"datetime","v":"2026-12-07T09:30:00+00:00"}.

            Exits with 0 where there is a session that can be decoded, with 1 where there is none, and with 2 where that cannot be told.
            """
    )

    @OptionGroup var sessionKey: SessionKeyArgument

    @Flag(help: "Ask Redis even where the daemon is sure.")
    var confirm = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await client.withConnection { connection in
            let key = try sessionKey.read()
            if client.wantsJSON {
                let result = try await connection.call("session.get", LookupParams(key, confirm: confirm))
                Terminal.print(json: result)
                guard try Self.hasData(result) else {
                    throw ExitCode(1)
                }
            } else {
                try print(try await connection.contents(of: key, confirm: confirm))
            }
        }
    }

    private func print(_ contents: SessionContents) throws(ExitCode) {
        switch contents.identity {
        case .authenticated(let login): Terminal.tell(Words.login(login))
        case .nobody(let reason): Terminal.tell("nobody: \(Words.reason(reason))")
        }
        if contents.omittedCount > 0 {
            Terminal.tell("\(Words.count(contents.omittedCount, "member")) of the session may not be shown to you")
        }
        guard let data = contents.prettyData else {
            throw ExitCode(1)
        }
        Terminal.print(data)
    }

    private static func hasData(_ result: [UInt8]) throws -> Bool {
        let object = try JSONSerialization.jsonObject(with: Data(result))
        return (object as? [String: Any])?["data"] != nil
    }
}
