import SessionModel

/// The options that limit what clients may cost. The defaults stand with ``Limits`` and ``DirectoryLimits``.
extension Limits {
    init(_ options: OptionReader) throws(ConfigurationError) {
        self.init()
        connectionsMax = try options.integer(.maxConnections, default: connectionsMax, in: 1...1_000_000)
        connectionsPerUIDMax = try options.integer(
            .maxConnectionsPerUID, default: connectionsPerUIDMax, in: 1...1_000_000)
        requestBytesMax = try options.kibibytes(.maxRequestSize, default: requestBytesMax, in: 4...16_384)
        jsonDepthMax = try options.integer(.maxJSONDepth, default: jsonDepthMax, in: 4...256)
        batchCountMax = try options.integer(.maxBatch, default: batchCountMax, in: 1...Self.batchCountBound)
        requestsInFlightMax = try options.integer(.maxRequestsInFlight, default: requestsInFlightMax, in: 1...100_000)
        requestsInFlightPerUIDMax = try options.integer(
            .maxRequestsInFlightPerUID, default: requestsInFlightPerUIDMax, in: 1...10_000_000)
        subscriptionsPerConnectionMax = try options.integer(
            .maxSubscriptions, default: subscriptionsPerConnectionMax, in: 1...10_000)
        subscriptionsPerUIDMax = try options.integer(
            .maxSubscriptionsPerUID, default: subscriptionsPerUIDMax, in: 1...10_000_000)
        unreadBytesMax = try options.kibibytes(.maxUnreadOutput, default: unreadBytesMax, in: 64...65_536)
        // Two of the longest answers fit in.
        unreadBytesPerUIDMax = try options.kibibytes(
            .maxUnreadOutputPerUID, default: unreadBytesPerUIDMax, in: 32_768...67_108_864)
        unreadMilliseconds = try options.milliseconds(.unreadTimeout, default: unreadMilliseconds)
        unfinishedLineMilliseconds = try options.milliseconds(.lineTimeout, default: unfinishedLineMilliseconds)
        idleMilliseconds = try options.milliseconds(.idleTimeout, default: idleMilliseconds)
    }
}

extension DirectoryLimits {
    init(_ options: OptionReader) throws(ConfigurationError) {
        self.init()
        dataBytesMax = try options.integer(.maxDataMemory, default: dataBytesMax >> 20, in: 0...1_048_576) << 20
        waitingLookupsMax = try options.integer(.maxWaitingLookups, default: waitingLookupsMax, in: 1...10_000_000)
        missesPerSecondMax = try options.integer(.maxMisses, default: missesPerSecondMax, in: 0...10_000_000)
        missesPerSecondPerUIDMax = try options.integer(
            .maxMissesPerUID, default: missesPerSecondPerUIDMax, in: 0...10_000_000)
    }
}

extension OptionReader {
    /// A number of KiB, as bytes.
    fileprivate func kibibytes(
        _ option: ServeOption, default bytes: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        try integer(option, default: bytes >> 10, in: range) << 10
    }

    /// How long to be patient, in seconds, as milliseconds; 0 for ever.
    fileprivate func milliseconds(
        _ option: ServeOption, default milliseconds: Int64
    ) throws(ConfigurationError) -> Int64 {
        try self.milliseconds(option, default: Double(milliseconds) / 1000, in: 0...604_800)
    }
}
