/// Every limit that a client of the HTTP door can run into; the page `Limits` of the documentation says what happens beyond each.
package struct HTTPLimits: Sendable {
    /// How many connections there may be (`--max-http-connections`); further ones are answered 503 and closed.
    package var connectionsMax = 1_024
    /// How many of them may be streams of events, so that these cannot keep proxies from asking.
    package var streamsMax: Int { max(1, connectionsMax / 4) }
    /// How many requests may wait for Redis, also those whose connections are gone (`--max-requests-in-flight-per-uid`, as one user).
    package var requestsInFlightMax = 16_384
    /// How many long answers may be under way, asked for or not read yet: further ones are 503. Each can hold megabytes.
    package var pagesMax = 64
    /// The longest page of a list or a history, and the length of one where the request names none.
    package var pageCountMax = 1000
    package var pageCountDefault = 100
    /// How long a request's head may be, about; beyond it the answer is 431, and the connection is closed.
    package var headBytesMax = 32 * 1024
    package var headFieldCountMax = 128
    /// Output beyond this makes a stream wait until its client reads, in bytes.
    package var unreadBytesMax = 128 * 1024
    /// A client that takes nothing of what waits for it for so long is closed (`--unread-timeout`); 0 for never.
    package var unreadMilliseconds: Int64 = 60_000
    /// A request's head must be there so long after its first byte (`--line-timeout`), else the answer is 408; 0 for never.
    package var headMilliseconds: Int64 = 30_000
    /// A connection on which nothing is asked for so long is closed (`--idle-timeout`, where that is not 0). Longer than proxies keep
    /// theirs (nginx 60 s, Traefik 90, Caddy 120), so that it is they who close.
    package var idleMilliseconds: Int64 = 180_000
    /// How long what still comes is read and dropped behind a last answer, which might else be lost on its way.
    package var lingerMilliseconds: Int64 = 2_000
    /// How often a quiet stream says that it is alive.
    package var heartbeatMilliseconds: Int64 = 15_000

    package init() {}
}
