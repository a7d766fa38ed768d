import SessionModel
import Testing

@testable import Daemon

/// What becomes of the number of connections where there are few files.
@Suite struct OpenFileLimitTests {
    @Test(
        "Fewer files are fewer connections, also for one user",
        arguments: [
            // Files, connections in all and of a user; then what is left of them.
            (1_048_576, 16_384, 4_096, 16_384, 4_096), (1_024, 16_384, 4_096, 960, 240),
            (1_024, 16_384, 100, 960, 100), (1_024, 2_000, 2_000, 960, 960), (20_064, 1_000_000, 4_096, 20_000, 4_096),
            (1_064, 2_000, 1_000, 1_000, 500), (10, 16_384, 4_096, 1, 1),
        ])
    func fit(files: Int, inAll: Int, ofUser: Int, fittedInAll: Int, fittedOfUser: Int) {
        var limits = Limits()
        (limits.connectionsMax, limits.connectionsPerUIDMax) = (inAll, ofUser)
        let fitted = OpenFileLimit.fit(limits, fileCount: files)
        #expect(fitted.connectionsMax == fittedInAll && fitted.connectionsPerUIDMax == fittedOfUser)
    }
}
