import Foundation
import SessiondClient
import TestSupport
import Testing

/// Ending sessions, by a client and by the command, in a real Redis.
@Suite struct RevocationTests {
    private func sessiond(_ rig: Rig, _ arguments: String..., input: String = "") async throws -> (
        Int32, String, String
    ) {
        let arguments = arguments + ["--socket", rig.daemon.socketPath]
        let result = try await ChildProcess.run(Places.sessiond, arguments, input: Data(input.utf8))
        return (result.exitCode, result.output, result.errors)
    }

    private func exists(_ rig: Rig, _ key: String) async throws -> Bool {
        try await rig.redis.command("EXISTS", "django_sessions:\(key)").hasPrefix("1")
    }

    @Test(
        "A session is ended in Redis and in every answer at once, and by whom is told",
        arguments: [
            [], ["--invalidation", "tracking"],
        ])
    func session(options: [String]) async throws {
        let rig = try await Rig(options: options)
        let (key, other) = (Rig.newKey(), Rig.newKey())
        try await rig.write(key, Rig.payload(user: "42"))
        try await rig.write(other, Rig.payload(user: "42"))
        try await rig.waitForSessions(2)
        #expect(try await rig.client.revoke(.key(key), dryRun: true) == 1)
        #expect(try await rig.identity(key).userID == "42")
        #expect(try await rig.client.revoke(.key(key)) == 1)
        #expect(try await rig.identity(key).reason == .unknown)
        #expect(try await !exists(rig, key))
        #expect(try await rig.client.revoke(.key(key)) == 0)
        #expect(try await rig.client.revoke(.fingerprint(Rig.fingerprint(other))) == 1)
        let events = try await rig.waitForEvents("both logouts") { $0.count { $0.type == .logout } == 2 }
        #expect(Rig.told(events, of: key) == ["login created", "logout revoked"])
        #expect(events.filter { $0.type == .logout }.allSatisfy { $0.details.byUID == Int(geteuid()) })
        try await rig.expectCoherence()
    }

    @Test("All of a user's sessions but one, however many; nobody else's")
    func user() async throws {
        let rig = try await Rig()
        let (stays, others) = (Rig.newKey(), Rig.newKey())
        for _ in 0..<700 { try await rig.write(Rig.newKey(), Rig.payload(user: "42")) }
        try await rig.write(stays, Rig.payload(user: "42"))
        try await rig.write(others, Rig.payload(user: "43"))
        try await rig.waitForSessions(702)
        let exception = Rig.fingerprint(stays)
        #expect(try await rig.client.revokeAll(ofUser: "42", except: exception, dryRun: true) == 700)
        #expect(try await rig.client.revokeAll(ofUser: "42", except: exception) == 700)
        #expect(try await rig.identity(stays).userID == "42")
        #expect(try await rig.client.revokeAll(ofUser: "42", except: exception) == 0)
        try await rig.waitForSessions(2)
        #expect(try await rig.client.revokeAll(ofUser: "42") == 1)
        #expect(try await rig.identity(others).userID == "43")
        try await rig.expectCoherence()
    }

    @Test("What a request in flight writes again is told as resurrected and ended again")
    func resurrected() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "42"))
        try await rig.waitForSessions(1)
        #expect(try await rig.client.revoke(.key(key)) == 1)
        for round in 1...3 {
            try await rig.write(key, Rig.payload(user: "42"))
            let events = try await rig.waitForEvents("logout \(round + 1)") { events in
                events.count { $0.type == .logout } == round + 1
            }
            #expect(Rig.told(events, of: key).suffix(2) == ["login resurrected", "logout revoked"])
            try await eventually("the key to be gone") { try await !self.exists(rig, key) }
        }
        try await rig.expectCoherence()
    }

    @Test("Where Redis does not let the daemon delete, that is said, and the session lives on")
    func refused() async throws {
        let rig = try await Rig()
        let key = Rig.newKey()
        try await rig.write(key, Rig.payload(user: "42"))
        try await rig.waitForSessions(1)
        try await rig.redis.command("ACL", "SETUSER", "default", "-del")
        do {
            _ = try await rig.client.revoke(.key(key))
            Issue.record("Redis deleted it all the same")
        } catch {
            #expect("\(error)".contains("DEL") && !"\(error)".contains(key), "\(error)")
        }
        #expect(try await rig.identity(key).userID == "42")
        try await rig.redis.command("ACL", "SETUSER", "default", "+del")
        #expect(try await rig.client.revoke(.key(key)) == 1)
        try await rig.expectCoherence()
    }

    @Test("The command ends by key, by fingerprint and by user, and says how many")
    func command() async throws {
        let rig = try await Rig()
        let keys = (0..<5).map { _ in Rig.newKey() }
        for key in keys { try await rig.write(key, Rig.payload(user: "42")) }
        try await rig.waitForSessions(5)
        let (_, dry, _) = try await sessiond(rig, "revoke", "--user", "42", "--dry-run")
        #expect(dry == "5 sessions would be ended\n")
        let (code, one, errors) = try await sessiond(rig, "revoke", "-", input: keys[0] + "\n")
        #expect(code == 0 && one == "1 session ended\n" && errors.isEmpty)
        let (_, two, _) = try await sessiond(
            rig, "revoke", "--session", Rig.fingerprint(keys[1]), "--session", Rig.fingerprint(keys[2]), "--json")
        #expect(two == "{\"revoked\":2}\n")
        let (_, rest, _) = try await sessiond(
            rig, "revoke", "--user", "42", "--except", Rig.fingerprint(keys[4]))
        #expect(rest == "1 session ended\n")
        #expect(try await rig.identity(keys[4]).userID == "42")
    }

    @Test(
        "What cannot be meant is refused, and no key is repeated",
        arguments: [
            [], ["--user", "1", "secretsecret"], ["--except", "9f86d081884c7d659a2feaa0c55ad015", "-"],
            ["--session", "secretsecret"], ["--user", "1", "--except", "secretsecret"],
        ])
    func badOptions(options: [String]) async throws {
        let result = try await ChildProcess.run(Places.sessiond, ["revoke"] + options, input: Data())
        #expect(result.exitCode == 64 && !result.errors.contains("secretsecret"), "\(result.errors)")
    }
}
