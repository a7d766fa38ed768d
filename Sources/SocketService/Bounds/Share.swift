import Synchronization

/// Counts something of which there may be so much. For any thread.
final class Tally: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }

    /// - Returns: Whether there was room; else nothing is counted.
    func take(_ count: Int, max: Int) -> Bool {
        guard value.wrappingAdd(count, ordering: .relaxed).newValue > max else { return true }
        give(count)
        return false
    }

    func give(_ count: Int) {
        value.wrappingSubtract(count, ordering: .relaxed)
    }
}

/// What one user has of something that all users share.
struct Share: Sendable {
    private let ofUser = Tally()
    private let ofUserMax: Int
    private let inAll: Tally
    private let inAllMax: Int

    init(max ofUserMax: Int, of inAll: Tally, max inAllMax: Int) {
        self.ofUserMax = ofUserMax
        self.inAll = inAll
        self.inAllMax = inAllMax
    }

    /// - Returns: Whether there was room; else nothing is taken.
    func take(_ count: Int = 1) -> Bool {
        guard ofUser.take(count, max: ofUserMax) else { return false }
        if inAll.take(count, max: inAllMax) { return true }
        ofUser.give(count)
        return false
    }

    func give(_ count: Int = 1) {
        ofUser.give(count)
        inAll.give(count)
    }
}
