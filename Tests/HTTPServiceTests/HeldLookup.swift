import SessionModel
import Synchronization

/// Knows `known…` from memory, and lets everybody else wait for ``release()``: then they are nobody.
final class HeldLookup: SessionLookup {
    private let waiting = Mutex<[@Sendable (SessionAnswer) -> Void]>([])

    var waitingCount: Int { waiting.withLock(\.count) }

    func release() {
        let answers = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for answer in answers { answer(.nobody(.unknown)) }
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
    func list(_ query: SessionListQuery, completion: @escaping @Sendable (SessionListPage) -> Void) {}
    func revoke(
        _ order: RevocationOrder, completion: @escaping @Sendable (Result<Int, RevocationFailure>) -> Void
    ) {}
    func forget(
        _ userID: UserID, byUID uid: UInt32, completion: @escaping @Sendable (Result<Forgotten, ForgetError>) -> Void
    ) {}
}
