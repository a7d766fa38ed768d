import DequeModule

/// What users want done, in turns: a user with much in the queue waits for it, and the others do not.
struct FairQueue<Order> {
    private var orders: [UInt32: Deque<Order>] = [:]
    /// The users who have orders here, whose turn is next in front.
    private var turns: Deque<UInt32> = []
    /// Somebody takes orders until there is none.
    private var isBeingEmptied = false

    /// Adds an order of a user.
    ///
    /// - Returns: Whether somebody has to begin to take orders.
    mutating func add(_ order: Order, of uid: UInt32) -> Bool {
        orders[uid, default: []].append(order)
        if orders[uid]?.count == 1 { turns.append(uid) }
        defer { isBeingEmptied = true }
        return !isBeingEmptied
    }

    /// Takes the oldest order of the user whose turn it is; nil where there is none: whoever takes them can stop.
    mutating func take() -> Order? {
        guard let uid = turns.popFirst(), let order = orders[uid]?.popFirst() else {
            isBeingEmptied = false
            return nil
        }
        if orders[uid]?.isEmpty == true { orders[uid] = nil } else { turns.append(uid) }
        return order
    }
}
