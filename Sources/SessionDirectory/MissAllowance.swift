package import SessionModel

/// How many questions to Redis unknown keys may still cause: anybody can invent keys, and each of them would be asked for.
///
/// A bucket a user and one for all: each question takes a token of both, and they fill with so many tokens a second as are
/// allowed, up to one second's worth. A user who was refused takes none of the others'.
package struct MissAllowance {
    private let perSecondMax: Int
    private let perSecondPerUIDMax: Int
    private var all: TokenBucket?
    private var byUID: [UInt32: TokenBucket] = [:]
    /// How many lookups were refused.
    package private(set) var refusedCount = 0

    /// When so many users have a bucket, those whose buckets are full are forgotten: a new one is full, too.
    private static let uidCountMax = 1_024
    /// How soon whoever was refused should ask again at the earliest, in milliseconds: a quarter of a bucket is full again.
    private static let retryMilliseconds = 250

    package init(_ limits: DirectoryLimits) {
        perSecondMax = limits.missesPerSecondMax
        perSecondPerUIDMax = limits.missesPerSecondPerUIDMax
    }

    /// Takes tokens for a question.
    ///
    /// - Parameters:
    ///   - count: how many; at most all that a bucket holds.
    ///   - now: monotonic clock, milliseconds.
    /// - Returns: Nil where the question may be asked, else when to try again, in milliseconds.
    package mutating func take(_ count: Int = 1, for uid: UInt32, at now: Int64) -> Int? {
        if perSecondPerUIDMax > 0 {
            if byUID.count >= Self.uidCountMax { forgetFull(at: now) }
            guard byUID[uid, default: TokenBucket(perSecond: perSecondPerUIDMax, at: now)].take(count, at: now) else {
                return refuse(perSecondPerUIDMax)
            }
        }
        if perSecondMax > 0 {
            var bucket = all ?? TokenBucket(perSecond: perSecondMax, at: now)
            let isGranted = bucket.take(count, at: now)
            all = bucket
            guard isGranted else {
                byUID[uid]?.giveBack(count)
                return refuse(perSecondMax)
            }
        }
        return nil
    }

    private mutating func refuse(_ perSecond: Int) -> Int {
        refusedCount += 1
        return max(Self.retryMilliseconds, (1000 + perSecond - 1) / perSecond)
    }

    private mutating func forgetFull(at now: Int64) {
        for uid in byUID.keys where byUID[uid]?.isFull(at: now) == true { byUID[uid] = nil }
    }
}

/// Tokens that come at a steady rate and are kept for one second.
private struct TokenBucket {
    private let capacity: Double
    private var tokens: Double
    private var filledAt: Int64

    init(perSecond: Int, at now: Int64) {
        capacity = Double(perSecond)
        tokens = capacity
        filledAt = now
    }

    mutating func take(_ count: Int, at now: Int64) -> Bool {
        fill(at: now)
        let wanted = min(Double(count), capacity)
        guard tokens >= wanted else { return false }
        tokens -= wanted
        return true
    }

    mutating func giveBack(_ count: Int) {
        tokens = min(capacity, tokens + Double(count))
    }

    mutating func isFull(at now: Int64) -> Bool {
        fill(at: now)
        return tokens == capacity
    }

    private mutating func fill(at now: Int64) {
        tokens = min(capacity, tokens + Double(max(0, now - filledAt)) * capacity / 1000)
        filledAt = max(filledAt, now)
    }
}
