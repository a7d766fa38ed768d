import ArgumentParser
import Foundation
import SessiondClient

/// `sessiond sessions`.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "The live sessions of a user, or of everybody.",
        discussion: """
            In no order that means anything. Needs the right `list`. With --json each line is a page of up to 1000 \
            sessions. The session column is the session's fingerprint: it names the session in events and elsewhere, but logs nobody in.
            """
    )

    @Argument(help: "The primary key of the Django user.")
    var userID: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await client.withConnection { connection in
            if client.wantsJSON {
                try await printJSON(connection)
            } else {
                try await printTable(connection)
            }
        }
    }

    private static let pageCount = 1000

    private func printJSON(_ connection: SessiondConnection) async throws {
        struct Params: Encodable {
            let userID: String?
            let limit: Int
            let after: String?

            enum CodingKeys: String, CodingKey {
                case userID = "user_id"
                case limit, after
            }
        }
        struct Page: Decodable {
            let next: String?
        }
        var after: String?
        repeat {
            let params = Params(userID: userID, limit: Self.pageCount, after: after)
            let result = try await connection.call(userID == nil ? "session.list" : "user.sessions", params)
            Terminal.print(json: result)
            after = try JSONDecoder().decode(Page.self, from: Data(result)).next
        } while after != nil
    }

    private func printTable(_ connection: SessiondConnection) async throws {
        var table = SessionTable()
        var count = 0
        var after: String?
        repeat {
            let page = try await connection.sessions(ofUser: userID, limit: Self.pageCount, after: after)
            for line in table.lines(of: page.sessions) {
                Terminal.print(line)
            }
            count += page.sessions.count
            after = page.next
        } while after != nil
        if count == 0 {
            Terminal.tell(userID == nil ? "nobody is logged in" : "this user is not logged in")
        }
    }
}

/// Sessions in columns, as wide as the first page needs them.
struct SessionTable {
    private var widths: [Int] = []

    /// The lines of a page; the first one has a line of headings before it.
    mutating func lines(of sessions: [SessionPage.Entry]) -> [String] {
        var rows = sessions.map { session in
            [
                Terminal.safe(session.userID), session.session, Words.time(session.firstSeenAt),
                session.expiresAt.map(Words.time) ?? "never", Terminal.safe(session.backend),
            ]
        }
        if widths.isEmpty, !rows.isEmpty {
            rows.insert(["USER", "SESSION", "FIRST SEEN", "EXPIRES", "BACKEND"], at: 0)
            widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        }
        return rows.map { Columns.line($0, widths: widths) }
    }
}
