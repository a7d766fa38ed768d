import ArgumentParser
import AuditJournal
import SessiondClient

/// `sessiond journal`.
struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Look after the journal: back it up, forget a user.",
        subcommands: [Backup.self, Forget.self]
    )

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the journal, whether the daemon runs or not.",
            discussion: """
                The copy is the journal as it is at one moment, in one file, and is verified. To restore it, stop the daemon and put it in \
                place of journal.sqlite in the state directory; remove journal.sqlite-wal and journal.sqlite-shm there. Positions from \
                after the backup are lost to subscribers then, and the daemon compares with Redis what happened since.

                Example:
                  sessiond journal backup /var/backups/sessiond-$(date +%F).sqlite
                """
        )

        @Argument(help: "Where the copy is written; nothing may lie there yet.", completion: .file())
        var file: String

        @OptionGroup var location: JournalLocation

        func run() async throws {
            try await Failure.reported {
                let path = try location.find()
                do throws(JournalFailure) {
                    try JournalFile.copy(path, to: file)
                } catch {
                    throw Failure(description: "\(error)")
                }
                let audit = try VerifyCommand.verify(journal: file)
                Terminal.tell("\(Words.count(audit.eventCount, "event")) in \(file), verified")
            }
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase what the journal holds of a user.",
            discussion: """
                The user's events lose everything but id, type and time; what is left carries the hash of what stood there, so that the \
                chain can still be verified, and an event tells how many were erased, and by which uid. Backups, exports and what \
                subscribers have stored are not reached. Refused while the user is logged in: the logout would name the user again. \
                Needs the right `erase`.

                Example:
                  sessiond journal forget 42
                """
        )

        @Argument(help: "The primary key of the Django user.")
        var userID: String

        @OptionGroup var client: ClientOptions

        func run() async throws {
            try await client.withConnection { connection in
                if client.wantsJSON {
                    Terminal.print(json: try await connection.call("journal.forget", ["user_id": userID]))
                } else {
                    let count = try await connection.forget(userID: userID)
                    Terminal.print("\(Words.count(count, "event")) erased")
                }
            }
        }
    }
}
