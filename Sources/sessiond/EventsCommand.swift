import ArgumentParser
import AuditJournal
import Foundation
import SessionModel
import SessiondClient

/// `sessiond events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "The journal's history: who came and went when.",
        discussion: """
            A line for each event, oldest first. All conditions must hold; events of the link to Redis, which tell of times when \
            nobody could see, pass all but --type; renewed and changed, which are frequent, come only by --type. Needs the right `observe`.

            Times are \(TimeArgument.forms).

            Examples:
              sessiond events --since 2h
              sessiond events --user 42 --since 7d --type login
              sessiond events --open-at '2026-12-07 14:05'   who was logged in then
              sessiond events --json | jq -r .data.user_id
              sessiond events --format ecs --since 1d        for Elasticsearch
              sessiond events --export FILE --key audit-key  signed, for `sessiond verify`
            """
    )

    @Option(help: ArgumentHelp("Only events behind the one of this id, an earlier event's `id`.", valueName: "id"))
    var after: PositionArgument?

    @Option(
        help: ArgumentHelp("Only events that occurred then or later.", valueName: "time"),
        transform: TimeArgument.init(argument:))
    var since: TimeArgument?

    @Option(
        help: ArgumentHelp("Only events that occurred earlier.", valueName: "time"),
        transform: TimeArgument.init(argument:))
    var until: TimeArgument?

    @Option(
        help: ArgumentHelp("Only the logins that were open at this time.", valueName: "time"),
        transform: TimeArgument.init(argument:))
    var openAt: TimeArgument?

    @Option(name: .customLong("type"), help: "Only events of this type; may be repeated.")
    var types: [EventTypeArgument] = []

    @Option(help: ArgumentHelp("Only events of this user.", valueName: "user-id"))
    var user: String?

    @Option(
        help: ArgumentHelp(
            "Only events of the session of this fingerprint, also under its later keys.", valueName: "fingerprint"))
    var session: String?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Write all events to this file, as they are stored, with a signature at the end.", valueName: "file"),
        completion: .file())
    var export: String?

    @Option(
        help: ArgumentHelp("The private key that signs, of `sessiond keygen`.", valueName: "file"), completion: .file())
    var key: String?

    @OptionGroup var format: EventFormatOptions

    @OptionGroup var client: ClientOptions

    func validate() throws {
        guard (export == nil) == (key == nil) else {
            throw ValidationError("--export needs --key, the private key that signs it, and --key needs --export.")
        }
        let isFiltered =
            since != nil || until != nil || openAt != nil || !types.isEmpty || user != nil || session != nil
            || limit != nil
        if export != nil, isFiltered {
            throw ValidationError(
                "--export takes all events, or those behind --after: with some left out, nobody could verify it.")
        }
        guard export == nil || (format.format == nil && !client.isJSONAsked) else {
            throw ValidationError("--export writes events as they are stored: --format and --json are not for it.")
        }
        try format.validate(beside: client)
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        try FingerprintArgument.check(session, option: "--session")
    }

    func run() async throws {
        try await client.withConnection { connection in
            if let export, let key {
                try await EventExport(path: export, keyPath: key).write(from: connection, after: after?.text)
            } else {
                try await print(connection)
            }
        }
    }

    /// How many events one request brings.
    private static let pageCount = 1000

    private func print(_ connection: SessiondConnection) async throws {
        let format = format.chosen(client)
        var next = after?.text
        var count = 0
        repeat {
            let page = try await connection.events(
                after: next, since: since?.date, until: until?.date, openAt: openAt?.date,
                types: types.isEmpty ? nil : types.map(\.name), userID: user, session: session,
                limit: min((limit ?? .max) - count, Self.pageCount))
            for event in page.events { format.print(event) }
            count += page.events.count
            next = page.next
        } while next != nil && count < limit ?? .max
        if count == 0, format == .text { Terminal.tell("no such event is held") }
    }
}
