import SessionDirectory
import Testing

@testable import Daemon

/// What is said of a start that takes long.
@Suite struct StartProgressTests {
    @Test(
        "Keys, rate and the time that is left, as far as it can be told",
        arguments: [
            (0, 0.0, 0, "reading all sessions: 0 keys"),
            (500, 0.4, 500, "reading all sessions: 500 keys, 1000 a second"),
            (3000, 0.25, 2000, "reading all sessions: 3000 keys, 1500 a second, about 6 s left"),
            (3000, 0.005, 2000, "reading all sessions: 3000 keys, 1500 a second"),
            (3000, nil, 2000, "reading all sessions: 3000 keys, 1500 a second"),
            (3000, 1, 2000, "reading all sessions: 3000 keys, 1500 a second, about 0 s left"),
        ] as [(Int, Double?, Int64, String)])
    func words(readCount: Int, share: Double?, milliseconds: Int64, expected: String) {
        let progress = LinkPhase.Progress(readCount: readCount, share: share, elapsedMilliseconds: milliseconds)
        #expect(ProgressText.words(progress) == expected)
    }

    @Test("A log has the first line after five seconds and the next each ten; what begins anew is told of anew")
    func pace() {
        var pace = ProgressPace()
        let looks = Array(stride(from: 0, through: 30_000, by: 250)) + [0, 250, 5000, 5250]
        let due = looks.filter { pace.isDue(atMilliseconds: Int64($0)) }
        #expect(due == [5000, 15_000, 25_000, 5000])
    }
}
