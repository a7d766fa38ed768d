import ArgumentParser
import AuditJournal
import Foundation
import SessionModel

/// Which journal on this machine a command is about.
struct JournalLocation: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's state directory.",
            discussion: """
                Also $SESSIOND_STATE_DIRECTORY. Without either, the first of $STATE_DIRECTORY, /var/lib/sessiond and \
                $XDG_STATE_HOME/sessiond that holds a journal.
                """,
            valueName: "path"
        ), completion: .directory)
    var stateDirectory: String?

    /// The path of the journal's file.
    func find() throws(Failure) -> String {
        let environment = ProcessInfo.processInfo.environment
        let given = stateDirectory ?? environment["SESSIOND_STATE_DIRECTORY"]
        let folders = given.map { [$0] } ?? StateDirectoryPath.candidates(environment: environment)
        for folder in folders {
            let path = JournalFile.path(in: folder)
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        throw Failure(
            description: "no journal in \(folders.joined(separator: ", ")): name the daemon's --state-directory")
    }
}
