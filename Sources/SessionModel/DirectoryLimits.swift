/// What the directory holds and asks at most.
package struct DirectoryLimits: Sendable {
    /// Bytes of decoded session data in memory (`--max-data-memory`). Beyond it the data that has been there longest is dropped,
    /// and read again when somebody asks for it; who is logged in is always kept.
    package var dataBytesMax: Int
    /// How many lookups may wait for Redis (`--max-waiting-lookups`); further ones are `overloaded`.
    package var waitingLookupsMax: Int
    /// How long a lookup waits for Redis, in milliseconds (`--link-timeout`): up to a quarter longer. Then it is `unavailable`.
    package var waitingMillisecondsMax: Int64
    /// How many keys may be under way to Redis for the directory's own reasons.
    package var fetchesUnderWayMax: Int
    /// How many keys may be under way because a lookup waits: anybody can invent those.
    package var lookupFetchesUnderWayMax: Int
    /// How many large values may be read and decoded at a time. Each may take as much memory as a session can: see ``WholeFetch``.
    package var wholeFetchesUnderWayMax: Int
    /// How many keys may wait to be read for the directory's own reasons. Further ones are passed over, and once there is room again
    /// everything is read anew, as after a lost subscription: so whoever stands in the place of Redis cannot fill the memory.
    package var queuedFetchesMax: Int
    /// How many questions a second unknown keys may cost Redis (`--max-misses`); further lookups are `overloaded`. 0 for no bound.
    package var missesPerSecondMax: Int
    /// How many of them one user may cause (`--max-misses-per-uid`); 0 for no bound.
    package var missesPerSecondPerUIDMax: Int

    package init(
        dataBytesMax: Int = 256 << 20, waitingLookupsMax: Int = 65_536, waitingMillisecondsMax: Int64 = 5_000,
        fetchesUnderWayMax: Int = 2_000, lookupFetchesUnderWayMax: Int = 500, wholeFetchesUnderWayMax: Int = 2,
        queuedFetchesMax: Int = 65_536, missesPerSecondMax: Int = 10_000, missesPerSecondPerUIDMax: Int = 5_000
    ) {
        self.dataBytesMax = dataBytesMax
        self.waitingLookupsMax = waitingLookupsMax
        self.waitingMillisecondsMax = waitingMillisecondsMax
        self.fetchesUnderWayMax = fetchesUnderWayMax
        self.lookupFetchesUnderWayMax = lookupFetchesUnderWayMax
        self.wholeFetchesUnderWayMax = wholeFetchesUnderWayMax
        self.queuedFetchesMax = queuedFetchesMax
        self.missesPerSecondMax = missesPerSecondMax
        self.missesPerSecondPerUIDMax = missesPerSecondPerUIDMax
    }

    /// While more keys than these wait to be read, no more are looked for: enough to keep Redis busy until the next page of a scan
    /// is here.
    package var scannedAheadMax: Int { min(2 * fetchesUnderWayMax, queuedFetchesMax / 2) }
}
