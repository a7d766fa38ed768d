import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Daemon

/// Many who ask for a report cost no more than one now and then.
@Suite struct SharedReportTests {
    @Test("Whoever asks alone is answered at once; those who ask too soon share one that is made after they have asked")
    func sharing() {
        let loop = EmbeddedEventLoop()
        let made = Mutex<UInt8>(0)
        let report = SharedReport(every: .milliseconds(50), on: loop) {
            made.withLock { count in
                count += 1
                return [count]
            }
        }
        let heard = Mutex<[[UInt8]]>([])
        func ask(_ count: Int) {
            for _ in 0..<count { report.ask { text in heard.withLock { $0.append(text) } } }
        }
        ask(1)
        loop.run()
        #expect(heard.withLock(\.self) == [[1]])
        ask(1000)
        loop.run()
        loop.advanceTime(by: .milliseconds(49))
        ask(1)
        #expect(heard.withLock(\.count) == 1)
        loop.advanceTime(by: .milliseconds(1))
        #expect(heard.withLock { $0.count == 1002 && $0.dropFirst().allSatisfy { $0 == [2] } })
        loop.advanceTime(by: .milliseconds(200))
        #expect(made.withLock(\.self) == 2, "where nobody asks, none is made")
        ask(1)
        loop.run()
        #expect(heard.withLock(\.last) == [3])
    }
}
