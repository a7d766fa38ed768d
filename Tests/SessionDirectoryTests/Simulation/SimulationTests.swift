import Foundation
import Testing

/// Random histories, each from its seed. `SESSIOND_SIMULATION_SEEDS=100000` runs more of them, and `SESSIOND_SIMULATION_FIRST=4541`
/// begins with another seed than 1.
@Suite struct SimulationTests {
    private static let seedCount =
        ProcessInfo.processInfo.environment["SESSIOND_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 1000
    private static let firstSeed =
        ProcessInfo.processInfo.environment["SESSIOND_SIMULATION_FIRST"].flatMap { UInt64($0) } ?? 1
    private static let steps = 400
    private static let batch: UInt64 = 20

    @Test(
        "Whatever overtakes, is lost or is cut: nobody gets in who is out, nobody is sent away who is in, nothing is lost",
        arguments: stride(from: firstSeed, to: firstSeed + seedCount, by: Int(batch)).map { $0 }
    )
    func histories(first: UInt64) {
        for seed in first..<first + Self.batch {
            var simulation = Simulation(seed: seed)
            simulation.run(steps: Self.steps)
            #expect(simulation.witness.faults.isEmpty, "seed \(seed): \(simulation.witness.faults.prefix(5))")
            #expect(simulation.answerCount > 0, "seed \(seed)")
        }
    }
}
