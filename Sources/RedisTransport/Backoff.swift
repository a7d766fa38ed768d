/// How long to wait before connecting again: doubling, with jitter over its upper half, up to a maximum.
struct Backoff {
    static let firstMilliseconds = 50.0
    static let maximumMilliseconds = 5000.0

    private var ceiling = firstMilliseconds

    /// A connection has ended that stood this long. One that did not outlast the longest pause is no success: a server that
    /// accepts it and refuses the first question would be asked without a pause.
    ///
    /// - Returns: Whether the pauses begin anew.
    mutating func resetIfStood(milliseconds: Int64) -> Bool {
        guard Double(milliseconds) >= Self.maximumMilliseconds else { return false }
        ceiling = Self.firstMilliseconds
        return true
    }

    /// The next pause, in milliseconds.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Int64 {
        defer { ceiling = min(ceiling * 2, Self.maximumMilliseconds) }
        return Int64(Double.random(in: ceiling / 2...ceiling, using: &generator))
    }
}
