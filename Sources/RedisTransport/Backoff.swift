/// How long to wait before connecting again: doubling, with full jitter, up to a maximum.
struct Backoff {
    static let firstMilliseconds = 50.0
    static let maximumMilliseconds = 5000.0

    private var ceiling = firstMilliseconds

    mutating func reset() {
        ceiling = Self.firstMilliseconds
    }

    /// The next pause, in milliseconds.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Int64 {
        defer { ceiling = min(ceiling * 2, Self.maximumMilliseconds) }
        return Int64(Double.random(in: ceiling / 2...ceiling, using: &generator))
    }
}
