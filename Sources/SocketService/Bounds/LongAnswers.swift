import SessionModel
import Synchronization

/// The bytes of long answers that wait to be read, of all connections together: each connection may hold some, and there may be
/// thousands of connections.
final class LongAnswers: Sendable {
    private let limits: Limits
    private let held = Mutex(Held())

    private struct Held {
        var byteCount = 0
        var byUID: [UInt32: Int] = [:]
    }

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// How much of an answer of so many bytes counts: nothing of a short one.
    func weight(of byteCount: Int) -> Int { byteCount < limits.longAnswerBytes ? 0 : byteCount }

    /// Whether a user's answer of this weight may wait.
    func hasRoom(for weight: Int, of uid: UInt32) -> Bool {
        weight == 0 || held.withLock { fits(weight, uid, $0) }
    }

    /// Takes the room for it, if there is some.
    func take(_ weight: Int, for uid: UInt32) -> Bool {
        guard weight > 0 else { return true }
        return held.withLock { held in
            guard fits(weight, uid, held) else { return false }
            held.byteCount += weight
            held.byUID[uid, default: 0] += weight
            return true
        }
    }

    func giveBack(_ weight: Int, of uid: UInt32) {
        guard weight > 0 else { return }
        held.withLock { held in
            held.byteCount -= weight
            let rest = (held.byUID[uid] ?? 0) - weight
            held.byUID[uid] = rest > 0 ? rest : nil
        }
    }

    var byteCount: Int { held.withLock(\.byteCount) }

    private func fits(_ weight: Int, _ uid: UInt32, _ held: Held) -> Bool {
        held.byteCount + weight <= limits.longAnswersBytesMax
            && (held.byUID[uid] ?? 0) + weight <= limits.longAnswersBytesPerUIDMax
    }
}
