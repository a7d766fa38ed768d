/// Every limit that a peer of the socket can run into, in one place; `server.info` publishes them, and the page `Limits` of the
/// documentation says what happens beyond each.
///
/// What the directory holds and asks for all peers together stands in ``DirectoryLimits``.
package struct Limits: Sendable {
    // MARK: Connections

    /// How many connections there may be (`--max-connections`); further ones are told `overloaded` and closed.
    package var connectionsMax = 16_384
    /// How many of them only those get who may do everything, so that an operator can still look.
    package var connectionsReserved: Int { min(16, connectionsMax / 16) }
    /// How many of them may be one user's (`--max-connections-per-uid`).
    package var connectionsPerUIDMax = 4_096

    // MARK: Requests

    /// The longest request line, without its end (`--max-request-size`).
    package var requestBytesMax = 64 * 1024
    /// The deepest nesting of a request's JSON (`--max-json-depth`).
    package var jsonDepthMax = 32
    /// How many requests a batch may hold (`--max-batch`).
    package var batchCountMax = 1_000
    /// What that can be set to: so many can at least be refused in one answer line.
    package static let batchCountBound = 32_768
    /// How many requests of one connection may wait for their answers (`--max-requests-in-flight`); further ones are
    /// `overloaded`.
    package var requestsInFlightMax = 4_096
    /// How many requests of one user may wait (`--max-requests-in-flight-per-uid`), and how many of all; further ones are
    /// `overloaded`, too.
    package var requestsInFlightPerUIDMax = 16_384
    package var requestsInFlightInAllMax: Int { 4 * requestsInFlightPerUIDMax }
    /// How many pages and session data of one connection may wait; further lines are left unread meanwhile, since such
    /// answers are long and would pile up for a peer that does not read.
    package var waitingPagesPerConnectionMax = 16
    /// How many subscriptions one connection may hold (`--max-subscriptions`).
    package var subscriptionsPerConnectionMax = 64
    /// How many the connections of one user may hold (`--max-subscriptions-per-uid`), and how many all.
    package var subscriptionsPerUIDMax = 1_024
    package var subscriptionsInAllMax: Int { 4 * subscriptionsPerUIDMax }

    // MARK: Answers

    /// The longest answer line.
    package var answerBytesMax = 16 * 1024 * 1024
    /// The longest page of a list or a history.
    package var pageCountMax = 1000
    /// The length of a page where the request names none.
    package var pageCountDefault = 100
    /// How much output of one connection may wait to be read before its requests are left unread
    /// (`--max-unread-output`).
    package var unreadBytesMax = 512 * 1024
    /// How much of it may wait for one user (`--max-unread-output-per-uid`), and how much for all. Connections for which little
    /// waits do not count.
    package var unreadBytesPerUIDMax = 64 * 1024 * 1024
    package var unreadBytesInAllMax: Int { 4 * unreadBytesPerUIDMax }
    /// How much output of one connection may wait, whatever it asked for before that: further answers are `overloaded`.
    package var heldBytesMax: Int { unreadBytesMax + answerBytesMax }

    // MARK: Time

    /// How often a quiet subscription hears that it is alive.
    package var heartbeatSeconds = 15
    /// A peer that takes nothing of what waits for it for so long is closed (`--unread-timeout`); 0 for never.
    package var unreadMilliseconds: Int64 = 60_000
    /// A peer that leaves a line unfinished for so long is closed (`--line-timeout`); 0 for never.
    package var unfinishedLineMilliseconds: Int64 = 30_000
    /// A peer without a subscription that sends nothing for so long is closed (`--idle-timeout`); 0 for never.
    package var idleMilliseconds: Int64 = 0

    package init() {}
}
