import DequeModule
import SessionModel

/// Large values that are nobody's session, and what asking for one again costs.
///
/// "Nobody" comes from Redis, so each lookup of such a key has its value read once more. Its reading counts as many questions as
/// it moves bytes, so that nobody gets more of Redis by it than by keys that are invented.
struct LargeRejections {
    /// How many are remembered: of further ones the oldest are forgotten, and cost what others cost.
    static let countMax = 1_024
    /// So many bytes count as one question.
    static let bytesPerQuestion = 4_096

    private var byteCounts: [SessionKey: Int] = [:]
    private var order: Deque<SessionKey> = []

    mutating func rejected(_ key: SessionKey, byteCount: Int) {
        if byteCounts.updateValue(byteCount, forKey: key) == nil { order.append(key) }
        while byteCounts.count > Self.countMax || order.count > 2 * Self.countMax, let oldest = order.popFirst() {
            byteCounts[oldest] = nil
        }
    }

    /// The value is another one, or gone.
    mutating func forget(_ key: SessionKey) {
        if !byteCounts.isEmpty { byteCounts[key] = nil }
    }

    /// How many questions a lookup counts as; none for a key that is not such a value's.
    func questionCount(of key: SessionKey) -> Int {
        byteCounts.isEmpty ? 0 : (byteCounts[key] ?? 0) / Self.bytesPerQuestion
    }
}
