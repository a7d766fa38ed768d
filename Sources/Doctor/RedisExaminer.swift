import DjangoSession
import Foundation
import NIOCore
import RESP
import RedisTransport
import SessionModel

/// Gathers what the examinations of Redis judge. Sends commands that only read, and, to see whether they are allowed, subscribes and
/// turns CLIENT TRACKING off for a connection of its own.
struct RedisExaminer {
    let settings: DoctorSettings
    let bounds: SampleBounds
    let probe: RedisProbe

    private var endpoint: RedisEndpoint { settings.endpoint }
    private var pattern: KeyPattern { settings.keyPattern }

    // MARK: The server

    /// Everything on the server itself.
    ///
    /// - Parameter hear: opens a second connection, to subscribe on.
    func examineServer(
        hear: () async throws(RedisFailure) -> RedisProbe, _ tell: (Finding) -> Void
    ) async throws(RedisFailure) -> RedisInfo? {
        let info = RedisInfo(try await probe.ask("INFO"))
        for finding in Reachability.findings(endpoint, info) { tell(finding) }
        let role = try await probe.ask("ROLE")
        tell(RoleExamination.finding(role: role, info, endpoint))
        let reads = try await readProbeKeys()
        tell(ClusterExamination.finding(reads: reads.map { $0[0] }, info))
        tell(try await notifications())
        for finding in try await access(role: role, reads: reads, info, hear: hear) { tell(finding) }
        return info
    }

    /// GETRANGE, GET and PTTL of keys that nobody has.
    private func readProbeKeys() async throws(RedisFailure) -> [[RESPValue]] {
        let keys = ProbeKeys.all.map(pattern.redisKey)
        let zero = Array("0".utf8)
        let commands = keys.flatMap { key in
            [[Array("GETRANGE".utf8), key, zero, zero], [Array("GET".utf8), key], [Array("PTTL".utf8), key]]
        }
        let replies = try await probe.ask(commands)
        return stride(from: 0, to: replies.count - 2, by: 3).map { Array(replies[$0..<$0 + 3]) }
    }

    private func notifications() async throws(RedisFailure) -> Finding {
        let flags =
            settings.invalidation == .tracking
            ? RESPValue.null : try await probe.ask("CONFIG", "GET", NotificationFlags.parameter)
        let dry = try await probe.ask(
            "ACL", "DRYRUN", endpoint.user ?? "default", "CONFIG", "SET", NotificationFlags.parameter,
            NotificationFlags.needed)
        let maySet: Bool? =
            switch dry {
            case .status: true
            case .string: false
            default: nil
            }
        return NotificationExamination(
            endpoint: endpoint, invalidation: settings.invalidation, mayConfigureRedis: settings.mayConfigureRedis
        ).finding(flags: flags, maySet: maySet)
    }

    /// Of a server that refuses INFO it is told by HELLO, which Redis refuses to nobody.
    private func version(_ info: RedisInfo?) async throws(RedisFailure) -> RedisVersion? {
        if let version = info?.version { return version }
        return RedisVersion(hello: try await probe.ask("HELLO"))
    }

    private func access(
        role: RESPValue, reads: [[RESPValue]], _ info: RedisInfo?, hear: () async throws(RedisFailure) -> RedisProbe
    ) async throws(RedisFailure) -> [Finding] {
        let line = AccessLine(
            endpoint: endpoint, keyPattern: pattern, invalidation: settings.invalidation,
            version: try await version(info))
        let scan = ScanPage.command(from: ScanPage.start, matching: pattern.scanPattern, count: 1)
        var trials: [AccessExamination.Trial] = [
            .init(command: "ping", reply: try await probe.ask("PING")), .init(command: "role", reply: role),
            .init(command: "scan", reply: try await probe.ask(scan)),
        ]
        for (command, reply) in zip(["getrange", "get", "pttl"], reads.first ?? []) {
            trials.append(.init(command: command, reply: reply))
        }
        if settings.invalidation != .keyspace {
            trials += [
                .init(command: "client|id", reply: try await probe.ask("CLIENT", "ID")),
                .init(command: "client|tracking", reply: try await probe.ask("CLIENT", "TRACKING", "OFF")),
                .init(command: "client|trackinginfo", reply: try await probe.ask("CLIENT", "TRACKINGINFO")),
            ]
        }
        trials += try await subscriptions(hear)
        var beyond = AccessExamination.Beyond(
            deletion: try await probe.ask(
                ["ACL", "DRYRUN", endpoint.user ?? "default", "DEL"].map { Array($0.utf8) }
                    + [pattern.redisKey(of: ProbeKeys.key(padded: ""))]))
        if pattern.sessionKey(of: ProbeKeys.foreign[...]) == nil {
            let zero = Array("0".utf8)
            beyond.foreignRead = try await probe.ask([Array("GETRANGE".utf8), ProbeKeys.foreign, zero, zero])
        }
        return AccessExamination(line: line).findings(trials, beyond)
    }

    /// Subscribes on a connection of its own.
    private func subscriptions(
        _ hear: () async throws(RedisFailure) -> RedisProbe
    ) async throws(RedisFailure) -> [AccessExamination.Trial] {
        let hearing = try await hear()
        defer { hearing.close() }
        await hearing.expectMessages()
        var trials: [AccessExamination.Trial] = []
        if settings.invalidation != .keyspace {
            trials.append(
                .init(
                    command: "subscribe", reply: try await hearing.ask("SUBSCRIBE", AccessLine.invalidations),
                    channel: AccessLine.invalidations))
        }
        if settings.invalidation != .tracking {
            let channel = pattern.channelPattern(database: endpoint.database)
            trials.append(
                .init(
                    command: "psubscribe", reply: try await hearing.ask([Array("PSUBSCRIBE".utf8), channel]),
                    channel: String(decoding: channel, as: UTF8.self)))
        }
        return trials
    }

    // MARK: Sessions

    /// Everything on keys and values.
    ///
    /// - Returns: what was read.
    func examineSessions(_ info: RedisInfo?, _ tell: (Finding) -> Void) async throws -> SessionSample? {
        let sampler = KeySampler(probe: probe, bounds: bounds)
        do {
            let sample = try await sampler.sample(pattern)
            guard !sample.entries.isEmpty || sample.foreignCount > 0 else {
                tell(try await missing(sampler, sample, info))
                return sample
            }
            for finding in KeyExamination(pattern: pattern).findings(sample) { tell(finding) }
            let counts = ValueCounts(sample, settings.decoder)
            let values = ValueExamination(keyCount: settings.keyCount, isOfCache: settings.isOfCache)
            for finding in values.findings(counts) { tell(finding) }
            if let finding = ExpiryExamination.finding(counts, pattern, endpoint) { tell(finding) }
            return sample
        } catch let failure as KeySampler.Failure {
            tell(
                Finding(
                    .note, .keysUnknown,
                    "whether there are sessions cannot be told: \(failure.refusal.words(failure.command))",
                    why: "the daemon could not read them either",
                    mend: ["what `access` says above, or `cluster`"]))
            return nil
        }
    }

    /// Looks where else sessions may be.
    private func missing(_ sampler: KeySampler, _ sample: SessionSample, _ info: RedisInfo?) async throws -> Finding {
        var around = MissingKeys.Surroundings(isPatternScanComplete: sample.isComplete)
        around.keyCount = info.map { $0.keyCounts[endpoint.database] ?? 0 }
        let all = try await sampler.names(matching: nil, countMax: bounds.pageCountMax * bounds.pageKeyCount)
        around.isComplete = all.isComplete
        let taster = ValueTaster(decoder: settings.decoder)
        for (prefix, names) in LikelyPrefix.counts(in: all.names).prefix(bounds.placeCountMax) {
            let values = try? await sampler.values(of: Array(names.prefix(bounds.placeValueCountMax)))
            let strings = values?.compactMap { value -> [UInt8]? in
                if case .string(let bytes) = value.content { bytes } else { nil }
            }
            around.places.append(
                .init(prefix: prefix, count: names.count, kind: strings.map { taster.kind(of: $0, under: prefix) }))
        }
        if !around.places.contains(where: { $0.kind != .other }) {
            around.databases = try await otherDatabases(sampler, info)
        }
        return MissingKeys(endpoint: endpoint, pattern: pattern, isOfCache: settings.isOfCache).finding(around)
    }

    /// Databases in which there are keys under the pattern.
    private func otherDatabases(_ sampler: KeySampler, _ info: RedisInfo?) async throws -> [Int] {
        var found: [Int] = []
        let numbers = (info?.keyCounts.keys).map(Array.init) ?? []
        for number in numbers.sorted() where number != endpoint.database {
            guard Refusal(try await probe.ask("SELECT", "\(number)")) == nil else { break }
            let names = try await sampler.names(matching: pattern.scanPattern, countMax: bounds.placeValueCountMax)
            // Where the pattern takes every key, only those count that look like sessions.
            if names.names.contains(where: { LikelyPrefix(of: $0)?.bytes == pattern.prefix }) { found.append(number) }
        }
        if !numbers.isEmpty { _ = try await probe.ask("SELECT", "\(endpoint.database)") }
        return found
    }

    // MARK: What the server is set to

    /// What may go wrong later.
    func examineLimits(_ info: RedisInfo?, _ tell: (Finding) -> Void) async throws(RedisFailure) {
        tell(
            MemoryExamination.finding(
                policy: try await probe.ask("CONFIG", "GET", "maxmemory-policy"),
                limit: try await probe.ask("CONFIG", "GET", "maxmemory"), info, endpoint))
        tell(
            BufferExamination(endpoint: endpoint, keyPattern: pattern).finding(
                try await probe.ask("CONFIG", "GET", "client-output-buffer-limit")))
        let before = Self.now()
        let time = try await probe.ask("TIME")
        tell(ClockExamination.finding(time, before: before, after: Self.now()))
    }

    /// This host's clock, in milliseconds since 1970.
    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
