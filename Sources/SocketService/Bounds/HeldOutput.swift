/// What waits for the peer of one connection, counted against what may wait for its user. Confined to the connection's event loop.
///
/// It is counted in steps, and less than one is free: a connection for which little waits, as for almost all, costs no look at
/// what is shared, and is served whatever others of its user do.
struct HeldOutput {
    private let share: Share
    private var stepCount = 0

    /// What each connection may hold in any case is less than this.
    static let freeBytesMax = 16 * 1024

    init(_ share: Share) {
        self.share = share
    }

    /// Whether so many bytes may wait here. What that takes is taken, until ``settle(_:)``.
    mutating func mayHold(_ bytes: Int) -> Bool {
        let wanted = bytes / Self.freeBytesMax
        guard wanted > stepCount else { return true }
        guard share.take((wanted - stepCount) * Self.freeBytesMax) else { return false }
        stepCount = wanted
        return true
    }

    /// No more than so many bytes wait here by now.
    mutating func settle(_ bytes: Int) {
        let wanted = bytes / Self.freeBytesMax
        guard wanted < stepCount else { return }
        share.give((stepCount - wanted) * Self.freeBytesMax)
        stepCount = wanted
    }
}
