import Foundation
import SessiondClient
import TestSupport
import Testing

/// `sessiond events` and the formats of `watch`, as a person types them. `Tests/Journal` has each filter.
@Suite struct EventCommandTests {
    private func sessiond(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (exitCode: Int32, output: String, errors: String) {
        try await ChildProcess.run(Places.sessiond, arguments, environment: environment)
    }

    @Test(
        "What no event could be asked by is refused with what is accepted, before anything is asked",
        arguments: [
            (["events", "--since", "yesterday"], "2026-12-07T09:30:00Z"),
            (["events", "--until", "1e300d"], "30m, 2h, 7d"),
            (["events", "--open-at", ""], "2026-12-07"), (["events", "--type", "logins"], "user.offline"),
            (["events", "--type", "dev.sessiond."], "logout"), (["events", "--limit", "0"], "at least 1"),
            (["events", "--limit", "many"], "--limit"), (["events", "--after", "7"], "--after"),
            (["events", "--format", "cef"], "'ecs' or 'ocsf'"), (["watch", "--format", "cef"], "'ecs' or 'ocsf'"),
            (["events", "--json", "--format", "ecs"], "--json is --format json"),
            (["watch", "--format", "text", "--json"], "--json is --format json"),
            (["watch", "--after", "7"], "--after"),
            (["events", "--export", "file", "--key", "key", "--format", "ecs"], "as they are stored"),
            (["events", "42"], "Unexpected argument"),
        ]
    )
    func refused(arguments: [String], why: String) async throws {
        let result = try await sessiond(arguments + ["--socket", "/nonexistent/s.sock"])
        #expect(result.exitCode == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains(why), "\(result.errors)")
    }

    @Test("A session key in place of a fingerprint is refused and not repeated")
    func sessionKey() async throws {
        let key = Rig.newKey()
        let result = try await sessiond(["events", "--session", key, "--socket", "/nonexistent/s.sock"])
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("--session takes a fingerprint") && !result.errors.contains(key))
    }

    @Test("Thousands of events come in pages, each once; --limit counts over pages, and a reader may leave early")
    func paging() async throws {
        let rig = try await Rig()
        try await rig.fill(1100)
        try await rig.waitForSessions(1100)
        let socket = ["--socket", rig.daemon.socketPath]
        let known = try await rig.waitForEvents("a login and an online event each") { $0.count == 2200 }
        let lines = try await sessiond(["events", "--json"] + socket).output.split(separator: "\n")
        #expect(lines == known.map { Substring(decoding: $0.json, as: UTF8.self) })
        let some = try await sessiond(["events", "--json", "--limit", "1500"] + socket).output.split(separator: "\n")
        #expect(some == Array(lines.prefix(1500)))
        let rest = try await sessiond(["events", "--json", "--after", known[1499].id] + socket).output
        #expect(rest.split(separator: "\n") == Array(lines.dropFirst(1500)))

        let script = "\"$0\" events --socket \"$1\" | head -1; exit ${PIPESTATUS[0]}"
        let piped = try await ChildProcess.run("bash", ["-c", script, Places.sessiond, rig.daemon.socketPath])
        // 128 and SIGPIPE: the end that a shell expects.
        #expect(piped.exitCode == 141)
        #expect(piped.errors.isEmpty)
        #expect(piped.output.contains(" login ") && piped.output.split(separator: "\n").count == 1)
    }

    @Test("Where no event is held that fits, events says so beside its output")
    func none() async throws {
        let rig = try await Rig()
        let arguments = ["events", "--user", "42", "--socket", rig.daemon.socketPath]
        let text = try await sessiond(arguments)
        #expect(text == (0, "", "no such event is held\n"))
        #expect(try await sessiond(arguments + ["--json"]) == (0, "", ""))
    }

    @Test(
        "watch and events print the same documents; $SESSIOND_JSON gives way to --format",
        arguments: [("ecs", #""@timestamp":"#), ("ocsf", #""class_uid":3002"#), ("json", #""specversion":"1.0""#)]
    )
    func formats(format: String, mark: String) async throws {
        let rig = try await Rig()
        let options = ["--format", format, "--socket", rig.daemon.socketPath]
        let watch = try ChildProcess(Places.sessiond, ["watch"] + options)
        try await eventually("the subscription") { try await rig.client.status().clients.subscriptions == 1 }
        try await rig.write(Rig.newKey(), Rig.payload(user: "42"))
        try await eventually("both events") { watch.printed.split(separator: "\n").count == 2 }
        let events = try await sessiond(["events"] + options, environment: ["SESSIOND_JSON": "true"])
        #expect(events.output == watch.printed)
        #expect(events.output.contains(mark))
    }
}
