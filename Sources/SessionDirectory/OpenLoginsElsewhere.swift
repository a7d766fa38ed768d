import SessionModel

/// Open logins that no session of the table stands for: those that the journal holds and no session was found for yet, and those
/// whose logout is still held back. So it can be told when the last login of a user ends.
struct OpenLoginsElsewhere {
    private var counts: [UserID: Int] = [:]

    mutating func add(_ userID: UserID) {
        counts[userID, default: 0] += 1
    }

    mutating func remove(_ userID: UserID) {
        guard let count = counts[userID] else { return }
        counts[userID] = count > 1 ? count - 1 : nil
        // A million entries leave their room behind.
        if counts.isEmpty { counts = [:] }
    }

    mutating func removeAll() {
        counts = [:]
    }

    func count(of userID: UserID) -> Int { counts.isEmpty ? 0 : counts[userID] ?? 0 }
}
