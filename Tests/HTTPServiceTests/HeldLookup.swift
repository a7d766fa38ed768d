import SessionModel
import Synchronization

/// Knows `known…` from memory, and lets everybody else wait for ``release()``: then they are nobody.
final class HeldLookup: SessionLookup {
    private let waiting = Mutex<[@Sendable (SessionAnswer) -> Void]>([])
    private let lists = Mutex<[(query: SessionListQuery, give: @Sendable (SessionListPage) -> Void)]>([])

    var waitingCount: Int { waiting.withLock(\.count) }

    func release() {
        let answers = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for answer in answers { answer(.nobody(.unknown)) }
    }

    /// The lists that were asked for and not given yet.
    var listQueries: [SessionListQuery] { lists.withLock { $0.map(\.query) } }

    /// Gives this page to all who asked for a list.
    func give(_ page: SessionListPage) {
        let asked = lists.withLock { lists in
            defer { lists = [] }
            return lists
        }
        for (_, give) in asked { give(page) }
    }

    func cached(_ key: SessionKey, wanting wants: LookupWants) -> SessionAnswer? {
        guard key.bytes.starts(with: "known".utf8) else { return nil }
        return SessionAnswer(
            .authenticated(
                AuthenticatedSession(userID: UserID("7"), backend: "b", session: Fingerprint(of: key), expiresAt: nil)))
    }

    func ask(
        _ key: SessionKey, wanting wants: LookupWants, completion: @escaping @Sendable (SessionAnswer) -> Void
    ) {
        waiting.withLock { $0.append(completion) }
    }

    func identities(
        ofKeys keys: UnsafeBufferPointer<Range<Int>>, in text: UnsafeRawBufferPointer, at uptime: Int64,
        _ take: (Int, borrowing PackedIdentity) -> Void
    ) -> Int { 0 }

    var uptime: Int64 { 0 }
    func countIdentities(_ count: Int) {}
    func list(_ query: SessionListQuery, completion: @escaping @Sendable (SessionListPage) -> Void) {
        lists.withLock { $0.append((query, completion)) }
    }

    func revoke(
        _ order: RevocationOrder, completion: @escaping @Sendable (Result<Int, RevocationFailure>) -> Void
    ) {}
    func forget(
        _ userID: UserID, byUID uid: UInt32, completion: @escaping @Sendable (Result<Forgotten, ForgetError>) -> Void
    ) {}
}
