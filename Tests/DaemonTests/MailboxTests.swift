import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// What requests want of the directory keeps the link's loop from nothing else.
@Suite struct MailboxTests {
    /// Writes down what it was told.
    private final class Recipient {
        var orders: [Int] = []
        var portionCount = 0
    }

    private func mailbox(_ recipient: Recipient, on loop: any EventLoop) -> Mailbox<Recipient> {
        Mailbox(of: NIOLoopBound(recipient, eventLoop: loop)) { $0.portionCount += 1 }
    }

    @Test("Orders are carried out at once, and after a portion of them others have their turn")
    func portions() {
        let (loop, recipient) = (EmbeddedEventLoop(), Recipient())
        let mailbox = mailbox(recipient, on: loop)
        let size = Mailbox<Recipient>.portionCount
        for number in 0..<(2 * size + 1) { mailbox.add(of: 1) { $0.orders.append(number) } }
        loop.run()
        #expect(recipient.orders.count == size && recipient.portionCount == 1)
        // What comes in the pause waits for its end, too.
        mailbox.add(of: 1) { $0.orders.append(-1) }
        loop.run()
        #expect(recipient.orders.count == size)
        loop.advanceTime(by: Mailbox<Recipient>.pause)
        #expect(recipient.orders.count == 2 * size && recipient.portionCount == 2)
        loop.advanceTime(by: Mailbox<Recipient>.pause)
        #expect(recipient.orders == Array(0..<(2 * size + 1)) + [-1])
        mailbox.add(of: 1) { $0.orders.append(-2) }
        loop.run()
        #expect(recipient.orders.last == -2)
    }

    @Test("Portions add up over times in which nothing waits: who orders one by one gets no more than who orders many")
    func trickle() {
        let (loop, recipient) = (EmbeddedEventLoop(), Recipient())
        let mailbox = mailbox(recipient, on: loop)
        let size = Mailbox<Recipient>.portionCount
        for number in 0..<(size + 1) {
            mailbox.add(of: 1) { $0.orders.append(number) }
            loop.run()
        }
        #expect(recipient.orders.count == size)
        loop.advanceTime(by: Mailbox<Recipient>.pause)
        #expect(recipient.orders.count == size + 1)
    }

    @Test("A user's orders keep their order, and those of another one do not wait for all of them")
    func turns() {
        var queue = FairQueue<String>()
        var begins = ["a1", "a2", "a3", "a4"].map { queue.add($0, of: 1) }
        #expect(begins == [true, false, false, false])
        var taken = [queue.take()]
        begins = ["b1", "b2"].map { queue.add($0, of: 2) }
        #expect(begins == [false, false])
        while let order = queue.take() { taken.append(order) }
        #expect(taken == ["a1", "a2", "b1", "a3", "b2", "a4"])
        // Nobody takes them any more, so the next one has to begin.
        begins = [queue.add("b3", of: 2), queue.add("a5", of: 1)]
        #expect(begins == [true, false])
    }

    @Test("A loop that is given orders without end reads its sockets nonetheless")
    func endless() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (loop, asking) = (loops.next(), loops.next())
        let mailbox = try await loop.submit { self.mailbox(Recipient(), on: loop) }.get()
        let isOver = Atomic(false)
        // As soon as one is carried out, the next one is there.
        @Sendable func order() {
            guard !isOver.load(ordering: .relaxed) else { return }
            mailbox.add(of: 1) { _ in asking.execute { order() } }
        }
        for _ in 0..<1000 { order() }
        let answers = Atomic(0)
        let server = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    answers.wrappingAdd(1, ordering: .relaxed)
                    channel.close(promise: nil)
                }
            }
            .bind(to: SocketAddress(ipAddress: "127.0.0.1", port: 0)).get()
        let client = ClientBootstrap(group: asking)
        let address = try #require(server.localAddress)
        for _ in 0..<20 { try? await client.connect(to: address).get().close() }
        try await eventually("the connections to be accepted") { answers.load(ordering: .relaxed) == 20 }
        isOver.store(true, ordering: .relaxed)
        try await server.close()
        try await loops.shutdownGracefully()
    }
}
