import NIOCore
import SessionModel
import Testing

@testable import SocketService

/// Who is closed for holding a connection up, and who is not, with the time passed in.
@Suite struct PeerPatienceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func patience(unread: Int64 = 0, line: Int64 = 0, idle: Int64 = 0) -> PeerPatience {
        var limits = Limits()
        limits.unreadMilliseconds = unread * 1000
        limits.unfinishedLineMilliseconds = line * 1000
        limits.idleMilliseconds = idle * 1000
        return PeerPatience(limits, at: start)
    }

    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private func standing(
        unread: Int = 0, taken: Int = 0, isReading: Bool = true, isWaiting: Bool = false
    ) -> PeerPatience.Standing {
        PeerPatience.Standing(unreadBytes: unread, takenBytes: taken, isReading: isReading, isWaiting: isWaiting)
    }

    @Test("Nobody is closed where no time is limited")
    func unlimited() {
        var patience = patience()
        #expect(patience.lookInterval == nil)
        #expect(patience.heard(holdsEnd: false, endsThere: false, at: start) == false)
        #expect(patience.look(standing(unread: 1), at: at(1_000_000)) == nil)
    }

    @Test("Whoever takes nothing for too long is closed; whoever takes a byte now and then is not")
    func unread() {
        var patience = patience(unread: 60)
        #expect(patience.look(standing(unread: 10, taken: 5), at: at(0)) == nil)
        #expect(patience.look(standing(unread: 900, taken: 5), at: at(59)) == nil)
        #expect(patience.look(standing(unread: 899, taken: 6), at: at(60)) == nil)
        #expect(patience.look(standing(unread: 0, taken: 905), at: at(100)) == nil)
        #expect(!patience.isAnythingPending)
        #expect(patience.look(standing(unread: 1, taken: 905), at: at(200)) == nil)
        #expect(patience.look(standing(unread: 1, taken: 905), at: at(259)) == nil)
        #expect(patience.look(standing(unread: 1, taken: 905), at: at(260)) == .slow)
    }

    @Test("A subscriber that does not read is closed as well", arguments: [true, false])
    func unreadEvents(isReading: Bool) {
        var patience = patience(unread: 60, idle: 1)
        _ = patience.look(standing(unread: 1, isReading: isReading, isWaiting: true), at: at(0))
        #expect(patience.look(standing(unread: 1, isReading: isReading, isWaiting: true), at: at(60)) == .slow)
    }

    @Test("A line that is begun has its time from its first byte on, however slowly the others drip in")
    func drip() {
        var patience = patience(line: 30)
        for second in stride(from: Int64(0), through: 29, by: 1) {
            #expect(patience.heard(holdsEnd: false, endsThere: false, at: at(second)) == true)
            #expect(patience.look(standing(), at: at(second)) == nil)
        }
        #expect(patience.look(standing(), at: at(30)) == .unfinishedLine)
    }

    @Test("Each line has its own time, and none runs while the daemon does not read")
    func lines() {
        var patience = patience(line: 30)
        _ = patience.heard(holdsEnd: false, endsThere: false, at: at(0))
        _ = patience.heard(holdsEnd: true, endsThere: false, at: at(20))
        #expect(patience.look(standing(), at: at(40)) == nil)
        #expect(patience.look(standing(isReading: false), at: at(49)) == nil)
        #expect(patience.look(standing(), at: at(78)) == nil)
        #expect(patience.heard(holdsEnd: true, endsThere: true, at: at(78)) == false)
        #expect(patience.look(standing(), at: at(1000)) == nil)
        _ = patience.heard(holdsEnd: false, endsThere: false, at: at(1000))
        patience.lineEnded()
        #expect(patience.look(standing(), at: at(2000)) == nil)
    }

    @Test("An idle connection is closed, one that waits for an answer or listens to events is not")
    func idle() {
        var patience = patience(idle: 10)
        #expect(patience.isAnythingPending)
        #expect(patience.look(standing(), at: at(9)) == nil)
        _ = patience.heard(holdsEnd: true, endsThere: true, at: at(9))
        #expect(patience.look(standing(), at: at(18)) == nil)
        #expect(patience.look(standing(isWaiting: true), at: at(40)) == nil)
        #expect(patience.look(standing(), at: at(49)) == nil)
        #expect(patience.look(standing(), at: at(50)) == .idle)
    }

    @Test("Nobody is closed later than five quarters of the shortest time")
    func interval() {
        #expect(patience(unread: 60, line: 8, idle: 20).lookInterval == .seconds(2))
        #expect(patience(unread: 60).lookInterval == .seconds(15))
    }
}
