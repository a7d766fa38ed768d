import NIOCore
import SessionDirectory
import SessionModel

/// The directory as the socket sees it: answers from the table on any thread, everything else on the link's loop.
struct DirectoryService<EventJournal: Journal>: SessionLookup {
    let table: SessionTable
    let freshness: Freshness
    let mailbox: Mailbox<DirectoryDriver<EventJournal>>

    func cached(_ key: SessionKey, wanting wants: LookupWants) -> SessionAnswer? {
        table.answer(for: key, wanting: wants, now: SystemClock.now(), freshness: freshness)
    }

    func identities(
        ofKeys keys: UnsafeBufferPointer<Range<Int>>, in text: UnsafeRawBufferPointer, at uptime: Int64,
        _ take: (Int, borrowing PackedIdentity) -> Void
    ) -> Int {
        table.identities(ofKeys: keys, in: text, at: uptime, take)
    }

    var uptime: Int64 { SystemClock.uptime }

    func countIdentities(_ count: Int) {
        table.count(hits: count, misses: 0)
    }

    func ask(
        _ key: SessionKey, wanting wants: LookupWants, completion: @escaping @Sendable (SessionAnswer) -> Void
    ) {
        mailbox.add(of: wants.askedBy ?? 0) { $0.ask(key, wanting: wants, completion: completion) }
    }

    func revoke(
        _ order: RevocationOrder, completion: @escaping @Sendable (Result<Int, RevocationFailure>) -> Void
    ) {
        mailbox.add(of: order.byUID) { $0.revoke(order, completion: completion) }
    }

    func forget(
        _ userID: UserID, byUID uid: UInt32,
        completion: @escaping @Sendable (Result<Forgotten, ForgetError>) -> Void
    ) {
        mailbox.add(of: uid) { $0.forget(userID, byUID: uid, completion: completion) }
    }

    func list(_ query: SessionListQuery, completion: @escaping @Sendable (SessionListPage) -> Void) {
        mailbox.add(of: query.byUID) { completion($0.list(query)) }
    }
}
