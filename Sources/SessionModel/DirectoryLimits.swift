/// What the directory holds and asks at most.
package struct DirectoryLimits: Sendable {
    /// Bytes of decoded session data in memory (`--max-data-memory`). Beyond it the data that has been there longest is dropped,
    /// and read again when somebody asks for it; who is logged in is always kept.
    package var dataBytesMax: Int
    /// How many lookups may wait for Redis; further ones are `overloaded`.
    package var waitingLookupsMax: Int
    /// How many keys may be under way to Redis for the directory's own reasons.
    package var fetchesUnderWayMax: Int
    /// How many keys may be under way because a lookup waits: anybody can invent those.
    package var lookupFetchesUnderWayMax: Int

    package init(
        dataBytesMax: Int = 256 << 20, waitingLookupsMax: Int = 65_536, fetchesUnderWayMax: Int = 2_000,
        lookupFetchesUnderWayMax: Int = 500
    ) {
        self.dataBytesMax = dataBytesMax
        self.waitingLookupsMax = waitingLookupsMax
        self.fetchesUnderWayMax = fetchesUnderWayMax
        self.lookupFetchesUnderWayMax = lookupFetchesUnderWayMax
    }
}
