/// Every limit that a peer of the socket can run into, in one place; `server.info` publishes them.
package struct Limits: Sendable {
    /// The longest request line, without its end.
    package var requestBytesMax = 64 * 1024
    /// The longest answer line.
    package var answerBytesMax = 16 * 1024 * 1024
    /// The deepest nesting of a request's JSON.
    package var jsonDepthMax = 32
    /// The longest page of a list or a history.
    package var pageCountMax = 1000
    /// The length of a page where the request names none.
    package var pageCountDefault = 100
    /// How many subscriptions one connection may hold.
    package var subscriptionsPerConnectionMax = 64
    /// How many lookups of one connection may wait for Redis; further ones are `overloaded`.
    package var waitingLookupsPerConnectionMax = 4096
    /// How many pages and session data of one connection may wait; further lines are left unread meanwhile, since such
    /// answers are long and would pile up for a peer that does not read.
    package var waitingPagesPerConnectionMax = 16
    /// How often a quiet subscription hears that it is alive.
    package var heartbeatSeconds = 15

    package init() {}
}
