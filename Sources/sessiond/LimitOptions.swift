import ArgumentParser
import Daemon

/// What clients may cost.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many connections there may be (default: 16384).",
            discussion: "Further ones are told `overloaded` and closed. Each needs an open file.", valueName: "number"
        )
    )
    var maxConnections: String?

    @Option(help: ArgumentHelp("How many of them one user may have (default: 4096).", valueName: "number"))
    var maxConnectionsPerUid: String?

    @Option(
        help: ArgumentHelp(
            "The longest request line; after a longer one the connection is closed (default: 64).", valueName: "KiB")
    )
    var maxRequestSize: String?

    @Option(help: ArgumentHelp("The deepest nesting of a request (default: 32).", valueName: "number"))
    var maxJsonDepth: String?

    @Option(help: ArgumentHelp("How many requests a batch may hold (default: 1000).", valueName: "number"))
    var maxBatch: String?

    @Option(
        help: ArgumentHelp(
            "How many requests of a connection may wait for their answers; more are `overloaded` (default: 4096).",
            valueName: "number"
        )
    )
    var maxRequestsInFlight: String?

    @Option(
        help: ArgumentHelp(
            "How many requests of one user may wait for their answers (default: 16384).",
            discussion: "Of all users four times as many; more are `overloaded`.", valueName: "number"
        )
    )
    var maxRequestsInFlightPerUid: String?

    @Option(
        help: ArgumentHelp(
            "How many lookups of all connections may wait for Redis; more are `overloaded` (default: 65536).",
            valueName: "number"
        )
    )
    var maxWaitingLookups: String?

    @Option(help: ArgumentHelp("How many subscriptions a connection may have (default: 64).", valueName: "number"))
    var maxSubscriptions: String?

    @Option(
        help: ArgumentHelp(
            "How many subscriptions the connections of one user may have (default: 1024).",
            discussion: "Of all users four times as many; more are `overloaded`.", valueName: "number"
        )
    )
    var maxSubscriptionsPerUid: String?

    @Option(
        help: ArgumentHelp(
            "A connection with more unread output than this is not read until its peer reads (default: 512).",
            valueName: "KiB"
        )
    )
    var maxUnreadOutput: String?

    @Option(
        help: ArgumentHelp(
            "How much unread output the connections of one user may have (default: 65536).",
            discussion: "Of all users four times as much. What needs more is `overloaded` or waits.", valueName: "KiB"
        )
    )
    var maxUnreadOutputPerUid: String?

    @Option(
        help: ArgumentHelp(
            "A peer that reads nothing of what waits for it for this long is closed; 0: never (default: 60).",
            valueName: "seconds"
        )
    )
    var unreadTimeout: String?

    @Option(
        help: ArgumentHelp(
            "A peer that leaves a request line unfinished for this long is closed; 0: never (default: 30).",
            valueName: "seconds"
        )
    )
    var lineTimeout: String?

    @Option(
        help: ArgumentHelp(
            "A connection without a subscription on which nothing comes for this long is closed; 0: never (default: 0).",
            valueName: "seconds"
        )
    )
    var idleTimeout: String?

    @Option(
        help: ArgumentHelp(
            "How many questions a second unknown session keys may cost Redis; 0: no bound (default: 10000).",
            discussion: "Lookups of further ones are `overloaded`, never `unknown`.", valueName: "number"
        )
    )
    var maxMisses: String?

    @Option(
        help: ArgumentHelp("How many of them one user may cause; 0: no bound (default: 5000).", valueName: "number"))
    var maxMissesPerUid: String?

    /// What was given, by option.
    var flags: [(ServeOption, String?)] {
        [
            (.maxConnections, maxConnections), (.maxConnectionsPerUID, maxConnectionsPerUid),
            (.maxRequestSize, maxRequestSize), (.maxJSONDepth, maxJsonDepth), (.maxBatch, maxBatch),
            (.maxRequestsInFlight, maxRequestsInFlight), (.maxRequestsInFlightPerUID, maxRequestsInFlightPerUid),
            (.maxWaitingLookups, maxWaitingLookups), (.maxSubscriptions, maxSubscriptions),
            (.maxSubscriptionsPerUID, maxSubscriptionsPerUid),
            (.maxUnreadOutput, maxUnreadOutput),
            (.maxUnreadOutputPerUID, maxUnreadOutputPerUid), (.unreadTimeout, unreadTimeout),
            (.lineTimeout, lineTimeout), (.idleTimeout, idleTimeout),
            (.maxMisses, maxMisses), (.maxMissesPerUID, maxMissesPerUid),
        ]
    }
}
