import Foundation
import SessiondClient
import TestSupport
import Testing

/// The example site: real logins of real Django over HTTP. Its own tests, in Python, go through every way in and out.
@Suite(.enabled(if: Places.hasPython, "`make test` sets up the Python that this needs")) struct SiteTests {
    @Test("A visit to the site: one registration, one login, Flask's page, one logout, and the events of each")
    func tour() async throws {
        let rig = try await Rig()
        let folder = rig.daemon.folder
        let site = try ChildProcess(
            Places.python, ["-m", "tutorial", "--port", "0"],
            environment: [
                "EXAMPLE_REDIS_URL": rig.redis.url(), "EXAMPLE_SECRET_KEY_FILE": folder.file("secret_key"),
                "EXAMPLE_DATABASE": folder.file("site.sqlite3"), "SESSIOND_SOCKET": rig.daemon.socketPath,
                "PYTHONUNBUFFERED": "1",
            ],
            directory: "\(Places.root)/Examples/tutorial"
        )
        try await eventually("the site; it says \(site.printedErrors)") { site.printed.contains("serving http://") }
        let url = try #require(site.printed.split(separator: " ").last).trimmingCharacters(in: .newlines)
        let tour = try await ChildProcess.run(
            Places.python, ["\(Places.root)/Examples/tutorial/tour.py", url, "--name", "grace"]
        )
        #expect(tour.exitCode == 0, "\(tour.errors)")
        #expect(tour.output.contains("Flask greets user"))

        let events = try await rig.waitForEvents("the logout") { $0.contains { $0.type == .userOffline } }
        let logins = events.filter { $0.type == .login }
        let logouts = events.filter { $0.type == .logout }
        #expect(logins.count == logouts.count)
        #expect(Set(logouts.compactMap(\.details.loginID)) == Set(logins.map(\.id)))
        #expect(try await rig.call("session.list").contains(#""sessions":[]"#))
        site.signal(SIGTERM)
        #expect(try await site.exitCode() == 0)
    }
}
