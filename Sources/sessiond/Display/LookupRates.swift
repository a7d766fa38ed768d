import SessiondClient

/// Lookups a second, from the counters of one status and the next.
struct LookupRates: Equatable {
    /// How many are kept.
    static let countMax = 120

    private(set) var values: [Double] = []
    /// The share of the last interval's lookups that memory answered; of all since the start, where there were none.
    private(set) var hitShare: Double?
    private var before: Sample?

    private struct Sample: Equatable {
        let run: String
        let hits: Int
        let misses: Int
        let uptime: Double
    }

    /// The newest; nil before there are two statuses.
    var last: Double? { values.last }

    /// - Parameter uptime: now, in seconds of a clock that only goes forward.
    mutating func take(_ status: ServerStatus, at uptime: Double) {
        let cache = status.cache
        let sample = Sample(run: status.run, hits: cache.hits, misses: cache.misses, uptime: uptime)
        defer { before = sample }
        hitShare = cache.hits + cache.misses > 0 ? Gauge.share(cache.hits, of: cache.hits + cache.misses) : nil
        // Counters begin anew with the daemon.
        guard let before, before.run == sample.run, uptime > before.uptime else { return }
        let (hits, misses) = (sample.hits - before.hits, sample.misses - before.misses)
        guard hits >= 0, misses >= 0 else { return }
        values.append(Double(hits + misses) / (uptime - before.uptime))
        if values.count > Self.countMax { values.removeFirst() }
        if hits + misses > 0 { hitShare = Gauge.share(hits, of: hits + misses) }
    }

    /// The daemon could not be asked: the next status begins anew.
    mutating func interrupt() {
        before = nil
    }
}
