import Foundation
import Listening
import Logging
import NIOCore
import NIOPosix
import SessionModel
import TestSupport

@testable import SocketService

/// A socket that is really served, with fakes behind it.
final class Rig: Sendable {
    let lookup: FakeLookup
    let log: FakeLog
    let figures = SocketFigures()
    let backend: SocketBackend
    let access: AccessControl
    let path: String
    private let folder: TemporaryFolder
    private let task: Task<Void, any Error>
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(
        limits: Limits = Limits(), log: FakeLog = FakeLog(), lookup: FakeLookup = FakeLookup(),
        policy: PeerPolicy = PeerPolicy(daemonUID: geteuid())
    ) async throws {
        folder = try TemporaryFolder()
        path = folder.file("s.sock")
        self.log = log
        self.lookup = lookup
        access = AccessControl(policy)
        let socket = try ListeningSocket.bind(path: path, mode: 0o660, group: nil)
        backend = SocketBackend(
            lookup: lookup, log: log, limits: limits, figures: figures,
            version: "test", status: { $0(Array("{}".utf8)) }
        )
        let server = SocketServer(
            socket: socket, access: access, backend: backend, group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        task = Task { try await server.run() }
    }

    deinit {
        task.cancel()
        Task { [task, group] in
            _ = await task.result
            try await group.shutdownGracefully()
        }
    }

    func connect() throws -> LineClient {
        try LineClient(path: path)
    }

    /// Stops the server and waits for its end.
    func stop() async {
        task.cancel()
        _ = await task.result
    }
}

extension Limits {
    /// No heartbeat comes between the lines of a test, however slow it is.
    static var withoutBeats: Limits {
        var limits = Limits()
        limits.heartbeatSeconds = 86_400
        return limits
    }
}
