import Foundation
import SessiondClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectTests {
    private let folder = NSTemporaryDirectory() + "sdc-\(UInt32.random(in: 0...(.max)))"

    private func error(of body: () async throws(SessiondClientError) -> Void) async -> SessiondClientError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("Where there is no socket, the error says how to start the daemon")
    func noSocket() async {
        let path = folder + "/none"
        let error = await error { () throws(SessiondClientError) in _ = try await SessiondConnection.connect(path: path)
        }
        #expect(error == .noSocket(path: path))
        #expect(
            error?.description.contains("no socket at \(path): is sessiond running? start it with `sessiond serve`")
                == true
        )
    }

    @Test("A socket that a dead daemon left behind is told apart")
    func deadSocket() async {
        mkdir(folder, 0o700)
        let path = folder + "/s"
        Foundation.close(ScriptedServer.listen(path))
        let error = await error { () throws(SessiondClientError) in _ = try await SessiondConnection.connect(path: path)
        }
        #expect(error == .nobodyListens(path: path))
        unlink(path)
        rmdir(folder)
    }

    @Test(
        "A socket that is closed to the caller is told with its group",
        .disabled(if: getuid() == 0, "root may open any")
    )
    func permission() async {
        mkdir(folder, 0o700)
        let path = folder + "/s"
        let listener = ScriptedServer.listen(path)
        chmod(path, 0o020)
        let error = await error { () throws(SessiondClientError) in _ = try await SessiondConnection.connect(path: path)
        }
        if case .permissionDenied(path, _?) = error {
            #expect(error?.description.contains("usermod") == true)
        } else {
            Issue.record("permission denied, not \(String(describing: error))")
        }
        Foundation.close(listener)
        unlink(path)
        rmdir(folder)
    }

    @Test("A path that is too long for a socket is told as such")
    func pathTooLong() async {
        let path = "/" + String(repeating: "x", count: 107)
        let error = await error { () throws(SessiondClientError) in _ = try await SessiondConnection.connect(path: path)
        }
        #expect(error == .pathTooLong(path: path))
    }

    @Test("A file that is no socket is refused")
    func noSocketFile() async throws {
        mkdir(folder, 0o700)
        let path = folder + "/s"
        try Data().write(to: URL(fileURLWithPath: path))
        let error = await error { () throws(SessiondClientError) in _ = try await SessiondConnection.connect(path: path)
        }
        #expect(error != nil)
        unlink(path)
        rmdir(folder)
    }
}
