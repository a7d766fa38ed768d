import RESP
import RedisTransport
import SessionModel
import Testing

@testable import Doctor

@Suite struct ServerTests {
    private static let endpoint = RedisEndpoint(address: .tcp(host: "redis.example", port: 6380), database: 2)

    // MARK: Reachability

    @Test("A failure is told with what was seen and a line to look with")
    func failures() {
        let unreachable = Reachability.finding(
            .unreachable(Self.endpoint.address, detail: "connection refused"), Self.endpoint, isOpen: false)
        #expect(unreachable.id == .redisUnreachable)
        #expect(
            unreachable.mend == [
                "redis-cli -h redis.example -p 6380 -n 2 PING    # answers PONG, or NOAUTH, where Redis runs"
            ])
        let refused = RedisFailure.refused(command: "AUTH", code: "WRONGPASS", reply: "")
        #expect(Reachability.finding(refused, Self.endpoint, isOpen: false).id == .redisRefuses)
        #expect(Reachability.finding(.tlsWanted, Self.endpoint, isOpen: false).id == .redisTLS)
        #expect(
            Reachability.finding(.tlsWanted, Self.endpoint, isOpen: false).mend
                == ["--redis-url rediss://redis.example:6380/2"])
        #expect(Reachability.finding(.closedByServer, Self.endpoint, isOpen: true).id == .redisLost)
    }

    @Test(
        "Plain text to another host is noted, and to this one is not",
        arguments: [
            ("redis://redis.example", true), ("redis://10.0.0.1", true), ("redis://localhost", false),
            ("redis://127.0.0.1", false), ("redis://[::1]", false), ("rediss://redis.example", false),
            ("unix:///r", false),
        ])
    func plain(url: String, isNoted: Bool) throws {
        let findings = Reachability.findings(try RedisEndpoint(url: url), nil)
        #expect(findings.map(\.id) == [.redisReachable] + (isNoted ? [.redisPlain] : []))
    }

    // MARK: Role

    @Test("The role is told, a replica with its master and its state")
    func roles() throws {
        let master = RESPValue.array([.text("master"), .integer(0), .array([.null])])
        #expect(RoleExamination.finding(role: master, nil, Self.endpoint).what == "it is a master, with one replica")
        let replica = RESPValue.array([
            .text("slave"), .text("10.0.0.9"), .integer(7000), .text("connected"), .integer(1),
        ])
        let info = try RedisInfo.of("master_link_status:down", "master_last_io_seconds_ago:12", "slave_read_only:1")
        let finding = RoleExamination.finding(role: replica, info, Self.endpoint)
        #expect(finding.level == .error)
        #expect(
            finding.what.contains(
                "replica of 10.0.0.9:7000; its link to the master is down; it heard of the master 12 s ago"))
        #expect(finding.mend == ["--redis-url redis://10.0.0.9:7000/2"])
        #expect(RoleExamination.finding(role: .array([.text("sentinel")]), nil, Self.endpoint).id == .roleSentinel)
        let refused = RoleExamination.finding(role: .noPermission, nil, Self.endpoint)
        #expect(refused.id == .roleUnknown && refused.level == .note)
        for odd in [RESPValue.null, .array([]), .integer(3), .array([.integer(1)])] {
            #expect(RoleExamination.finding(role: odd, nil, Self.endpoint).id == .roleUnknown)
        }
    }

    // MARK: Cluster

    @Test(
        "A cluster shows in what reading keys answers, and in INFO",
        arguments: [
            (["MOVED 1 h:1"], "0", FindingID.clusterSeveral), (["ASK 1 h:1"], "0", .clusterSeveral),
            (["CLUSTERDOWN Hash slot not served"], "1", .clusterDown), ([], "1", .clusterSingle),
            ([], "0", .clusterNone),
            (["NOPERM no"], "0", .clusterNone),
        ])
    func cluster(errors: [String], enabled: String, expected: FindingID) throws {
        let reads = [RESPValue.text("")] + errors.map { .failed($0) }
        #expect(ClusterExamination.finding(reads: reads, try .of("cluster_enabled:\(enabled)")).id == expected)
    }

    // MARK: Notifications

    @Test(
        "Missing flags are as grave as what the daemon can do about them",
        arguments: [
            (InvalidationPreference.auto, true, true as Bool?, FindingID.notificationsAdded, Finding.Level.note),
            (.auto, true, false, .notificationsMissing, .warning), (.auto, true, nil, .notificationsMissing, .warning),
            (.auto, false, true, .notificationsMissing, .warning),
            (.keyspace, false, true, .notificationsMissing, .error),
            (.keyspace, true, false, .notificationsMissing, .error),
            (.keyspace, true, true, .notificationsAdded, .note), (.tracking, true, true, .notificationsUnused, .note),
        ])
    func missingFlags(
        invalidation: InvalidationPreference, may: Bool, maySet: Bool?, id: FindingID, level: Finding.Level
    ) {
        let examination = NotificationExamination(
            endpoint: Self.endpoint, invalidation: invalidation, mayConfigureRedis: may)
        let finding = examination.finding(flags: .config("gE"), maySet: maySet)
        #expect(finding.id == id && finding.level == level)
        guard invalidation != .tracking else { return }
        #expect(
            finding.mend.first
                == "redis-cli -h redis.example -p 6380 -n 2 CONFIG SET notify-keyspace-events 'gEK$xe'")
    }

    @Test("Flags that suffice are fine, and flags that nobody may read are no error")
    func otherFlags() {
        let examination = NotificationExamination(
            endpoint: Self.endpoint, invalidation: .auto, mayConfigureRedis: false)
        #expect(examination.finding(flags: .config("KA"), maySet: nil).id == .notificationsOn)
        #expect(examination.finding(flags: .noPermission, maySet: nil).id == .notificationsUnknown)
        let hidden = examination.finding(flags: .failed("ERR unknown command 'CONFIG'"), maySet: nil)
        #expect(hidden.id == .notificationsUnknown && hidden.level == .note)
        #expect(examination.finding(flags: .null, maySet: nil).id == .notificationsUnknown)
    }

    // MARK: Limits

    @Test(
        "Evictions need a bound and a policy that evicts",
        arguments: [
            ("0", "allkeys-lru", FindingID.memoryKept), ("1000", "noeviction", .memoryKept),
            ("1000", "allkeys-lru", .memoryEvicts),
            ("1000", "volatile-ttl", .memoryEvicts),
        ])
    func memory(limit: String, policy: String, expected: FindingID) {
        let finding = MemoryExamination.finding(policy: .config(policy), limit: .config(limit), nil, Self.endpoint)
        #expect(finding.id == expected)
    }

    @Test("Where CONFIG is refused, INFO tells of memory; where both are, nobody does")
    func memoryByInfo() throws {
        let info = try RedisInfo.of("maxmemory:200", "maxmemory_policy:allkeys-lfu", "used_memory:100")
        let finding = MemoryExamination.finding(policy: .noPermission, limit: .noPermission, info, Self.endpoint)
        #expect(finding.id == .memoryEvicts)
        #expect(finding.what.contains("50 %"))
        let absurd = try RedisInfo.of(
            "maxmemory:200", "maxmemory_policy:allkeys-lfu", "used_memory:9223372036854775807")
        #expect(
            MemoryExamination.finding(policy: .noPermission, limit: .noPermission, absurd, Self.endpoint).id
                == .memoryEvicts)
        #expect(MemoryExamination.finding(policy: .null, limit: .noPermission, nil, Self.endpoint).id == .memoryUnknown)
    }

    @Test("The output buffer is compared with Redis's default, and counted in saves")
    func buffer() {
        let examination = BufferExamination(endpoint: RedisEndpoint(address: .unix(path: "/r")), keyPattern: .default)
        // Two messages, of `set` and `expire`, for a key of 32 bytes.
        let key = String(repeating: "k", count: 32)
        let messages = ["set", "expire"].map { event in
            let parts = [
                "pmessage", "__keyspace@0__:django_sessions:*", "__keyspace@0__:django_sessions:\(key)", event,
            ]
            return "*4\r\n" + parts.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        }
        #expect(examination.saveByteCount == messages.joined().utf8.count)
        func id(_ limit: String) -> FindingID { examination.finding(.config(limit)).id }
        #expect(id("normal 0 0 0 slave 1 1 1 pubsub 33554432 8388608 60") == .bufferRoomy)
        #expect(id("pubsub 33554431 8388608 60") == .bufferTight)
        #expect(id("pubsub 33554432 8388607 60") == .bufferTight)
        #expect(id("pubsub 0 0 0") == .bufferRoomy)
        #expect(id("pubsub 1") == .bufferUnknown)
        #expect(id("normal 0 0 0") == .bufferUnknown)
        #expect(examination.finding(.noPermission).id == .bufferUnknown)
    }

    @Test(
        "A clock is compared with the time before and after the question",
        arguments: [
            (10_000, 10_000, 10, 0, FindingID.clockAgrees), (10_000, 15_000, 12, 0, .clockAgrees),
            (10_000, 10_000, 11, 0, .clockAgrees), (10_000, 10_000, 11, 1000, .clockDiffers),
            (10_000, 10_000, 8, 999_000, .clockDiffers), (10_000, 15_000, 17, 0, .clockDiffers),
        ])
    func clock(before: Int64, after: Int64, seconds: Int, microseconds: Int, expected: FindingID) {
        let reply = RESPValue.array([.text("\(seconds)"), .text("\(microseconds)")])
        #expect(ClockExamination.finding(reply, before: before, after: after).id == expected)
    }

    @Test("What is no time is no drift", arguments: ["", "x", "99999999999999999999"])
    func noTime(text: String) {
        let reply = RESPValue.array([.text(text), .text("0")])
        #expect(ClockExamination.finding(reply, before: 0, after: 0).id == .clockUnknown)
        #expect(ClockExamination.finding(.noPermission, before: 0, after: 0).id == .clockUnknown)
        let late = RESPValue.array([.text("9223372036854775807"), .text("9223372036854775807")])
        #expect(ClockExamination.finding(late, before: 0, after: 0).id == .clockDiffers)
        let early = RESPValue.array([.text("-9223372036854775"), .text("-9223372036854775807")])
        #expect(
            ClockExamination.finding(early, before: 1_800_000_000_000, after: 1_800_000_000_000).id == .clockDiffers)
    }

    @Test("HELLO tells the version, and what is no answer to it tells none")
    func hello() {
        let reply = RESPValue.array([.text("server"), .text("redis"), .text("version"), .text("6.2.5"), .text("proto")])
        #expect(RedisVersion(hello: reply) == RedisVersion(6, 2))
        for other in [
            RESPValue.null, .array([]), .array([.text("version")]), .failed("ERR unknown command"), .text("x"),
        ] {
            #expect(RedisVersion(hello: other) == nil)
        }
    }

    @Test("INFO is read whatever it holds")
    func info() throws {
        let info = try RedisInfo.of(
            "redis_version:7.2.1", "db0:keys=5,expires=1", "db11:keys=7,expires=0", "dbx:keys=1", "odd")
        #expect(info.server == "Redis 7.2.1")
        #expect(info.version == RedisVersion(7, 2))
        #expect(info.keyCounts == [0: 5, 11: 7])
        #expect(try RedisInfo.of("redis_version:7.2.4", "valkey_version:8.0.1").server == "Valkey 8.0.1")
        #expect(RedisInfo(.noPermission) == nil)
        #expect(RedisVersion("7") == nil && RedisVersion("x.y") == nil)
    }
}
