import Synchronization
import TestSupport

/// Writers that never pause: each keeps sessions of its own alive, and lets others come and go.
final class WriteLoad: Sendable {
    private let isOver = Atomic(false)
    private let writers: Mutex<[Task<Int, any Error>]> = Mutex([])

    /// - Parameter keyCount: how many sessions each writer keeps, and how many it has come and go, in each of its rounds.
    init(on redis: PrivateRedis, writerCount: Int, keyCount: Int = 50) {
        let tasks = (0..<writerCount).map { writer in
            Task {
                var round = 0
                while !isOver.load(ordering: .relaxed) {
                    round += 1
                    try await redis.run(Self.lines(writer: writer, round: round, keyCount: keyCount))
                }
                return round
            }
        }
        writers.withLock { $0 = tasks }
    }

    private static func lines(writer: Int, round: Int, keyCount: Int) -> [String] {
        (0..<keyCount).flatMap { number in
            [
                Rig.setLine("kept\(writer)n\(number)", Rig.payload(user: "2", extra: #","round":\#(round)"#)),
                Rig.setLine("brief\(writer)n\(number)", Rig.payload(user: "3")),
                "DEL django_sessions:brief\(writer)n\(number)",
            ]
        }
    }

    /// Waits until all have stopped, and returns how many rounds they wrote.
    func stop() async throws -> Int {
        isOver.store(true, ordering: .relaxed)
        var rounds = 0
        for writer in writers.withLock({ $0 }) { rounds += try await writer.value }
        return rounds
    }
}
