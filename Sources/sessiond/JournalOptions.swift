import ArgumentParser
import Daemon

/// Where and how long events are kept.
struct JournalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where events are kept: disk or memory (default: disk).", valueName: "kind"),
        completion: .list(["disk", "memory"]))
    var journal: String?

    @Option(
        help: ArgumentHelp(
            "The folder of the journal on disk.",
            discussion: """
                Default: the first of $STATE_DIRECTORY, /var/lib/sessiond and $XDG_STATE_HOME/sessiond that can be written to. It must \
                belong to the daemon's user.
                """,
            valueName: "path"
        ), completion: .directory)
    var stateDirectory: String?

    @Option(
        help: ArgumentHelp(
            "When an event counts as written: normal or full (default: normal).",
            discussion: """
                normal: when the operating system has it; events survive the daemon's death, and a power cut but for the last \
                moments. full: when the disk has it; they survive a power cut, and every batch of events costs a write to the disk.
                """,
            valueName: "sync"
        ), completion: .list(["normal", "full"]))
    var journalSync: String?

    @Option(help: ArgumentHelp("Events older than this are removed; 0: never (default: 0).", valueName: "days"))
    var journalMaxAge: String?

    @Option(help: ArgumentHelp("More events than this are not kept; 0: no bound (default: 0).", valueName: "number"))
    var journalMaxEvents: String?

    @Option(
        help: ArgumentHelp(
            "The oldest events are removed when the journal is larger than this; 0: no bound (default: 4096).",
            valueName: "MiB"
        )
    )
    var journalMaxSize: String?

    @Option(
        help: ArgumentHelp(
            "Add every event to this Redis Stream as well, in the database of the sessions.",
            discussion: """
                Several daemons may name one stream: one of them publishes, another one goes on when that one is gone. \
                Beside the stream lie the keys <name>:lease and <name>:published.
                """,
            valueName: "name"
        )
    )
    var publishStream: String?

    @Option(help: ArgumentHelp("About how many events the stream keeps (default: 100000).", valueName: "number"))
    var publishStreamLength: String?

    /// What was given, by option.
    var flags: [(ServeOption, String?)] {
        [
            (.journal, journal), (.stateDirectory, stateDirectory), (.journalSync, journalSync),
            (.journalMaxAge, journalMaxAge), (.journalMaxEvents, journalMaxEvents), (.journalMaxSize, journalMaxSize),
            (.publishStream, publishStream), (.publishStreamLength, publishStreamLength),
        ]
    }
}
