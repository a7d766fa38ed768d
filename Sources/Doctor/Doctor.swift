import Logging
import NIOCore
import NIOPosix
import RedisTransport
import SessionModel
import SessiondClient

/// Examines the Redis that a configuration names, and the daemon that runs with it. Writes nothing to Redis.
///
/// ```
///   RedisProbe ──replies──▶ RedisExaminer ──facts──▶ RoleExamination, AccessExamination, ValueExamination, … ──▶ findings
///   SessiondConnection ───▶ DaemonInterview ───────▶ SocketExamination ──────────────────────────────────────▶ findings
/// ```
/// Examinations judge: values in, findings out, without IO. What gathers the values is thin.
package struct Doctor {
    private let settings: DoctorSettings
    private let bounds: SampleBounds

    package init(_ settings: DoctorSettings, bounds: SampleBounds = SampleBounds()) {
        self.settings = settings
        self.bounds = bounds
    }

    /// Examines one thing after the other.
    ///
    /// - Parameter tell: is told each finding as soon as it is there.
    /// - Returns: whether Redis could be examined.
    package func examine(_ tell: (Finding) -> Void) async -> Bool {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var sample: SessionSample?
        let failure = await examineRedis(on: loop, &sample, tell)
        if let failure { tell(failure) }
        for path in settings.socketPaths {
            let interview = DaemonInterview(
                examination: SocketExamination(path: path, database: settings.endpoint.database),
                timeout: .milliseconds(settings.timeout))
            for finding in await interview.findings(sample, settings.decoder) { tell(finding) }
        }
        return failure == nil
    }

    /// - Returns: why there is no more to be told of Redis.
    private func examineRedis(
        on loop: any EventLoop, _ sample: inout SessionSample?, _ tell: (Finding) -> Void
    ) async -> Finding? {
        let open = { (name: String) async throws(RedisFailure) in
            try await RedisProbe.open(
                settings.endpoint, name: name, timeout: .milliseconds(settings.timeout), on: loop,
                logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
        }
        let probe: RedisProbe
        do throws(RedisFailure) {
            probe = try await open("sessiond-check")
        } catch {
            return Reachability.finding(error, settings.endpoint, isOpen: false)
        }
        defer { probe.close() }
        let examiner = RedisExaminer(settings: settings, bounds: bounds, probe: probe)
        do {
            let info = try await examiner.examineServer(
                hear: { () async throws(RedisFailure) in try await open("sessiond-check") }, tell)
            sample = try await examiner.examineSessions(info, tell)
            try await examiner.examineLimits(info, tell)
        } catch let failure as RedisFailure {
            return Reachability.finding(failure, settings.endpoint, isOpen: true)
        } catch {
            return Reachability.finding(.closedByServer, settings.endpoint, isOpen: true)
        }
        return nil
    }
}
