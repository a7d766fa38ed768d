import NIOCore
import Testing

@testable import HTTPService

/// How long a client may hold a connection up.
@Suite struct HTTPPatienceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func limits(unread: Int64 = 0, head: Int64 = 0, idle: Int64 = 0) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.unreadMilliseconds = unread
        limits.headMilliseconds = head
        limits.idleMilliseconds = idle
        return limits
    }

    private func after(_ milliseconds: Int64) -> NIODeadline { start + .milliseconds(milliseconds) }

    @Test("A head that is dripped is timed from its first byte")
    func dripping() {
        var patience = HTTPPatience(limits(head: 100), at: start)
        patience.heard(at: after(1000))
        patience.heard(at: after(1090))
        #expect(patience.look(unreadBytes: 0, takenBytes: 0, at: after(1099)) == nil)
        #expect(patience.look(unreadBytes: 0, takenBytes: 0, at: after(1100)) == .unfinishedRequest)
    }

    @Test("While the daemon has its turn the client owes nothing")
    func answering() {
        var patience = HTTPPatience(limits(head: 100, idle: 100), at: start)
        patience.heard(at: start)
        patience.requested()
        patience.heard(at: after(10))
        #expect(patience.look(unreadBytes: 0, takenBytes: 0, at: after(10_000)) == nil)
        patience.answered(at: after(10_000))
        #expect(patience.look(unreadBytes: 0, takenBytes: 0, at: after(10_099)) == nil)
        #expect(patience.look(unreadBytes: 0, takenBytes: 0, at: after(10_100)) == .idle)
    }

    @Test("A client that never asks is idle from the beginning")
    func silent() {
        var patience = HTTPPatience(limits(idle: 100), at: start)
        #expect(patience.look(unreadBytes: 0, takenBytes: 0, at: after(100)) == .idle)
    }

    @Test("Output that stands still is timed, output that moves is not")
    func unread() {
        var patience = HTTPPatience(limits(unread: 100), at: start)
        patience.requested()
        #expect(patience.look(unreadBytes: 10, takenBytes: 0, at: start) == nil)
        #expect(patience.look(unreadBytes: 10, takenBytes: 5, at: after(100)) == nil)
        #expect(patience.look(unreadBytes: 10, takenBytes: 5, at: after(199)) == nil)
        #expect(patience.look(unreadBytes: 10, takenBytes: 5, at: after(200)) == .slow)
    }

    @Test("Without limits nobody is looked at")
    func unlimited() {
        #expect(HTTPPatience(limits(), at: start).lookInterval == nil)
    }
}
