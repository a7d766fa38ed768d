import SessionModel
import Synchronization

/// What one user's connections have together.
final class UserAccount: Sendable {
    /// Requests that wait for their answers.
    let waiting: Share
    let subscriptions: Share
    /// Output that waits to be read, beyond what each connection has for free.
    let heldBytes: Share

    fileprivate init(_ limits: Limits, _ totals: UserAccounts.Totals) {
        waiting = Share(
            max: limits.requestsInFlightPerUIDMax, of: totals.waiting, max: limits.requestsInFlightInAllMax)
        subscriptions = Share(
            max: limits.subscriptionsPerUIDMax, of: totals.subscriptions, max: limits.subscriptionsInAllMax)
        heldBytes = Share(max: limits.unreadBytesPerUIDMax, of: totals.heldBytes, max: limits.unreadBytesInAllMax)
    }
}

/// The accounts of all users: one book for all sockets and their event loops.
final class UserAccounts: Sendable {
    let totals = Totals()
    private let accounts = Mutex<[UInt32: Entry]>([:])

    /// What all users have together.
    struct Totals: Sendable {
        let waiting = Tally()
        let subscriptions = Tally()
        let heldBytes = Tally()
    }

    /// An account is kept by those who use it: connections, and requests that outlive theirs.
    private struct Entry {
        weak var account: UserAccount?
    }

    /// The account that all connections of a user share.
    func account(of uid: UInt32, _ limits: Limits) -> UserAccount {
        accounts.withLock { accounts in
            if let account = accounts[uid]?.account { return account }
            // A user's first connection is rare enough to look for those who are gone.
            accounts = accounts.filter { $0.value.account != nil }
            let account = UserAccount(limits, totals)
            accounts[uid] = Entry(account: account)
            return account
        }
    }
}
