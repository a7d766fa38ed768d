import SessionModel

/// Orders to end all sessions of a user, until it is known which those are.
///
/// A session that Redis holds may not be announced yet, or not be read. So an order waits for both:
/// ```
///   begin ──▶ unheard ──all that was announced before it is heard──▶ unread ──those keys are read──▶ ready
/// ```
/// What is announced later is another login, which nobody wanted ended.
struct UserRevocations {
    private var orders: [Order] = []
    private var count: UInt64 = 0

    private struct Order {
        let number: UInt64
        let userID: UserID
        let exception: Fingerprint?
        let begunAt: Int64
        /// Keys of which a change was announced and not read yet; nil until all is heard.
        var unread: Set<SessionKey>?
        var found: Set<SessionKey> = []
    }

    /// An order whose sessions are known.
    struct Ready {
        let number: UInt64
        let keys: [SessionKey]
    }

    var isEmpty: Bool { orders.isEmpty }

    /// - Returns: the number by which the order is told.
    mutating func begin(_ userID: UserID, except exception: Fingerprint?, at uptime: Int64) -> UInt64 {
        count += 1
        orders.append(Order(number: count, userID: userID, exception: exception, begunAt: uptime))
        return count
    }

    /// All that was announced before this time has been heard.
    ///
    /// - Parameters:
    ///   - unread: keys of which a change was announced and not read yet.
    ///   - known: the sessions that a user is known to have.
    mutating func announcementsHeard(
        before uptime: Int64, unread: () -> Set<SessionKey>, known: (UserID) -> [SessionKey]
    ) {
        for index in orders.indices where orders[index].unread == nil && orders[index].begunAt < uptime {
            orders[index].unread = unread()
            orders[index].found = Set(known(orders[index].userID))
        }
    }

    /// A key was read: whose session it is.
    ///
    /// - Parameter askedAt: when; a question from before the order, which was overtaken by a write, does not tell what that wrote.
    mutating func read(_ key: SessionKey, of userID: UserID?, askedAt: Int64) {
        for index in orders.indices where orders[index].begunAt < askedAt {
            guard orders[index].unread?.remove(key) != nil, orders[index].userID == userID else { continue }
            orders[index].found.insert(key)
        }
    }

    /// The orders that need not wait any more.
    mutating func takeReady() -> [Ready] {
        let ready = orders.filter { $0.unread?.isEmpty == true }
        guard !ready.isEmpty else { return [] }
        orders.removeAll { $0.unread?.isEmpty == true }
        return ready.map { order in
            Ready(number: order.number, keys: order.found.filter { Fingerprint(of: $0) != order.exception })
        }
    }

    /// Nobody can say any more which sessions there are.
    ///
    /// - Returns: the numbers of all orders.
    mutating func giveUp() -> [UInt64] {
        defer { orders = [] }
        return orders.map(\.number)
    }
}
