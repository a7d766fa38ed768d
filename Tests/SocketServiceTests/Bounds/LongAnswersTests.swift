import SessionModel
import Testing

@testable import SocketService

/// What may wait of long answers, over all connections.
@Suite struct LongAnswersTests {
    private static let limits: Limits = {
        var limits = Limits()
        (limits.longAnswerBytes, limits.longAnswersBytesMax, limits.longAnswersBytesPerUIDMax) = (10, 100, 60)
        return limits
    }()

    @Test("One user takes a part of the room, all together take all of it, and what was read makes room again")
    func room() {
        let answers = LongAnswers(Self.limits)
        #expect(answers.weight(of: 9) == 0 && answers.weight(of: 10) == 10)
        #expect(answers.take(60, for: 1))
        #expect(!answers.take(10, for: 1) && !answers.hasRoom(for: 10, of: 1))
        #expect(answers.take(0, for: 1), "a short answer always has room")
        #expect(answers.take(40, for: 2))
        #expect(!answers.take(10, for: 3))
        answers.giveBack(60, of: 1)
        #expect(answers.take(60, for: 3))
        answers.giveBack(60, of: 3)
        answers.giveBack(40, of: 2)
        #expect(answers.byteCount == 0)
    }
}
