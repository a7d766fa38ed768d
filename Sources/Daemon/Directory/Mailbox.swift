import NIOCore
import Synchronization

/// What other loops want of somebody who lives on one loop, carried out there in portions.
///
/// NIO carries out all tasks of a loop, and those that come meanwhile, before it looks at a socket again. A task for each request
/// would keep the link's loop from Redis for as long as requests come as fast as they are carried out. So one task carries out
/// many, and after so many or so much time there is a pause, in which the loop reads and writes:
/// ```
///   add ──▶ FairQueue ──▶ portion ──▶ sockets ──▶ portion ──▶ …
/// ```
/// An order is carried out at once unless it comes in such a pause. How many wait is bounded where requests come in: each is
/// one of those that may wait for their answers.
final class Mailbox<Recipient>: Sendable {
    typealias Order = @Sendable (Recipient) -> Void

    private let queue = Mutex(FairQueue<Order>())
    private let recipient: NIOLoopBound<Recipient>
    private let portion: NIOLoopBoundBox<Portion?>
    private let ended: @Sendable (Recipient) -> Void

    /// What has been carried out since the last pause.
    private struct Portion {
        var end: NIODeadline
        var count = 0
    }

    /// A pause comes after so many orders, and after so much time.
    static var portionCount: Int { 256 }
    private static var portionTime: TimeAmount { .milliseconds(2) }
    /// Longer than what a loop has left to do after a portion, so that it looks at its sockets first.
    static var pause: TimeAmount { .microseconds(250) }

    /// To be called on the recipient's loop.
    ///
    /// - Parameter ended: called before a pause, for what has to be done before others have their turn.
    init(of recipient: NIOLoopBound<Recipient>, ended: @escaping @Sendable (Recipient) -> Void) {
        self.recipient = recipient
        portion = NIOLoopBoundBox(nil, eventLoop: recipient.eventLoop)
        self.ended = ended
    }

    /// Has a user's order carried out. Callable on any thread.
    func add(of uid: UInt32, _ order: @escaping Order) {
        guard queue.withLock({ $0.add(order, of: uid) }) else { return }
        recipient.eventLoop.execute { self.carryOut() }
    }

    private func carryOut() {
        let loop = recipient.eventLoop
        var portion = self.portion.value ?? Portion(end: loop.now + Self.portionTime)
        repeat {
            guard let order = queue.withLock({ $0.take() }) else {
                self.portion.value = portion
                return
            }
            order(recipient.value)
            portion.count += 1
        } while portion.count < Self.portionCount && loop.now < portion.end
        // Not as a task of its own, which could last longer than the pause.
        ended(recipient.value)
        self.portion.value = nil
        loop.scheduleTask(in: Self.pause) { self.carryOut() }
    }
}
