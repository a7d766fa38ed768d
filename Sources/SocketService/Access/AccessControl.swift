import SessionModel
import Synchronization

/// The policy of one socket, which can be replaced while peers are connected.
package final class AccessControl: Sendable {
    private let policy: Mutex<PeerPolicy>
    private let number = Atomic<Int>(0)

    package init(_ policy: PeerPolicy) {
        self.policy = Mutex(policy)
    }

    /// What peers have from now on, those that are connected, too.
    package func replace(by policy: PeerPolicy) {
        self.policy.withLock { $0 = policy }
        number.wrappingAdd(1, ordering: .releasing)
    }

    /// Counts the replacements, so that whoever has asked sees that an answer is out of date.
    var version: Int { number.load(ordering: .acquiring) }

    func grant(to peer: Peer) -> PeerPolicy.Grant {
        policy.withLock { $0 }.grant(to: peer)
    }
}
