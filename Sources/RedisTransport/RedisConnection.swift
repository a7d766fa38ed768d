import NIOCore
import NIOPosix
import NIOSSL
import RESP

/// A connection to Redis that is authenticated, named and in its database.
struct RedisConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<RedisChannelHandler>
    /// Nil where the connection is plain text.
    private let tlsGuard: NIOLoopBound<TLSGuard>?

    /// What a connection is for.
    enum Purpose {
        /// Following the sessions: a server that is not fit for that is refused.
        case following
        /// Finding out whether the server is fit.
        case examining
    }

    /// Connects on `loop`.
    ///
    /// - Parameters:
    ///   - tls: what the endpoint's settings for TLS amount to.
    ///   - name: for `CLIENT SETNAME`, so that an operator recognises it in `CLIENT LIST`.
    static func open(
        _ endpoint: RedisEndpoint, tls: TLSContext? = nil, name: String, timeout: TimeAmount, on loop: any EventLoop,
        for purpose: Purpose = .following
    ) async throws(RedisFailure) -> RedisConnection {
        let connection = try await connect(endpoint.address, tls, timeout: timeout, on: loop)
        do throws(RedisFailure) {
            try await connection.secure(timeout)
            try await connection.within(timeout) { () async throws(RedisFailure) in
                try await connection.introduce(endpoint, name: name, for: purpose)
            }
        } catch {
            connection.close(error)
            guard error == .closedByServer, case .tcp = endpoint.address, await !connection.hasHeard() else {
                throw error
            }
            throw tls.map { .tls(.closedUnanswered(hasCertificate: $0.settings.certificateFile != nil)) }
                ?? .closedUnanswered
        }
        return connection
    }

    private static func connect(
        _ address: RedisEndpoint.Address, _ tls: TLSContext?, timeout: TimeAmount, on loop: any EventLoop
    ) async throws(RedisFailure) -> RedisConnection {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
        do {
            switch address {
            case .tcp(let host, let port):
                let name = tls?.settings.expectedName(at: host)
                if let name, tls?.settings.isVerified == true, !name.isPossible {
                    throw RedisFailure.tls(.impossibleName(name))
                }
                let channel = bootstrap.channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls, let name { try secure(channel, tls, address, name) }
                        try channel.pipeline.syncOperations.addHandler(RedisChannelHandler())
                    }
                }
                .connect(host: host, port: port)
                // On the loop, before anything can have happened to the connection.
                return try await channel.flatMapThrowing(RedisConnection.init).get()
            case .unix(let path):
                let channel = bootstrap.channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(RedisChannelHandler())
                    }
                }
                .connect(unixDomainSocketPath: path)
                return try await channel.flatMapThrowing(RedisConnection.init).get()
            }
        } catch let failure as RedisFailure {
            throw failure
        } catch {
            throw .unreachable(address, detail: words(for: error))
        }
    }

    private static func secure(
        _ channel: any Channel, _ tls: TLSContext, _ address: RedisEndpoint.Address, _ name: ServerName
    ) throws {
        let indication = name.isPossible ? name.indication : nil
        try channel.pipeline.syncOperations.addHandlers([
            try NIOSSLClientHandler(context: tls.ssl, serverHostname: indication),
            TLSGuard(tls, address: address, name: name),
        ])
    }

    /// To be called on the channel's loop.
    private init(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        self.channel = channel
        handler = NIOLoopBound(try pipeline.handler(type: RedisChannelHandler.self), eventLoop: channel.eventLoop)
        tlsGuard = (try? pipeline.handler(type: TLSGuard.self)).map {
            NIOLoopBound($0, eventLoop: channel.eventLoop)
        }
    }

    /// Waits until the server has proven who it is: before that it is told nothing.
    private func secure(_ timeout: TimeAmount) async throws(RedisFailure) {
        guard let tlsGuard else { return }
        let deadline = channel.eventLoop.scheduleTask(in: timeout) {
            tlsGuard.value.handshakeTimedOut(seconds: Int(timeout.nanoseconds / 1_000_000_000))
        }
        defer { deadline.cancel() }
        let result: Result<Void, RedisFailure> = await withCheckedContinuation { continuation in
            channel.eventLoop.execute { tlsGuard.value.whenSecured { continuation.resume(returning: $0) } }
        }
        try result.get()
    }

    /// Whether the server has sent anything.
    private func hasHeard() async -> Bool {
        (try? await channel.eventLoop.submit { handler.value.hasHeard }.get()) ?? true
    }

    /// The part of NIO's errors that a person can use.
    private static func words(for error: any Error) -> String {
        switch error {
        case let error as IOError: IOError(errnoCode: error.errnoCode, reason: "connect").shortDescription
        case is ChannelError: "timed out"
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { words(for: $0.error) } ?? "the host's name cannot be resolved"
        default: "cannot connect"
        }
    }

    /// Ends the connection if `body` takes longer than `timeout`: before a pulse is kept, nothing else notices silence.
    func within(
        _ timeout: TimeAmount, _ body: () async throws(RedisFailure) -> Void
    ) async throws(RedisFailure) {
        let deadline = channel.eventLoop.scheduleTask(in: timeout) {
            handler.value.close(.silent(seconds: Int(timeout.nanoseconds / 1_000_000_000)))
        }
        defer { deadline.cancel() }
        try await body()
    }

    private func introduce(
        _ endpoint: RedisEndpoint, name: String, for purpose: Purpose
    ) async throws(RedisFailure) {
        if endpoint.user != nil || endpoint.password != nil {
            // As redis-py does: a user without a password has an empty one, which `nopass` accepts.
            try await expectOK(["AUTH"] + (endpoint.user.map { [$0] } ?? []) + [endpoint.password ?? ""])
        }
        if endpoint.database != 0 { try await expectOK(["SELECT", String(endpoint.database)]) }
        // A name is a courtesy: a user who may not set one is no reason to stay away.
        let reply = try await command(["CLIENT", "SETNAME", name])
        if reply.errorCode == "NOAUTH" { throw RedisFailure(refusing: "CLIENT", reply) }
        let ping = try await command(["PING"])
        if purpose == .examining, ping.errorCode == "NOPERM" { return }
        guard ping.errorCode == nil else { throw RedisFailure(refusing: "PING", ping) }
        if purpose == .examining { return }
        // A user who may not ask for the role is believed to know.
        if let failure = RedisFailure(role: try await command(["ROLE"])) { throw failure }
    }

    private func expectOK(_ arguments: [String]) async throws(RedisFailure) {
        let reply = try await command(arguments)
        guard case .status = reply else { throw RedisFailure(refusing: arguments[0], reply) }
    }

    /// Sends one command and waits for its reply, which may be an error reply.
    func command(_ arguments: [String]) async throws(RedisFailure) -> RESPValue {
        try await command(arguments.map { Array($0.utf8) })
    }

    /// As above, of arguments that may be any bytes.
    func command(_ arguments: [[UInt8]]) async throws(RedisFailure) -> RESPValue {
        try await commands([arguments]).first ?? .null
    }

    /// Sends commands in one write and waits for all replies.
    func commands(_ commands: [[[UInt8]]]) async throws(RedisFailure) -> [RESPValue] {
        let result: Result<[RESPValue], RedisFailure> = await withCheckedContinuation { continuation in
            channel.eventLoop.execute {
                handler.value.send(commands) { continuation.resume(returning: $0) }
            }
        }
        return try result.get()
    }

    /// Has the messages of subscriptions dropped, which would be taken for replies.
    func dropMessages() async {
        try? await channel.eventLoop.submit { handler.value.pushed = { _ in } }.get()
    }

    func close(_ cause: RedisFailure) {
        channel.eventLoop.execute { handler.value.close(cause) }
    }

    /// Waits until the connection has ended and tells why; cancelling the task ends it.
    func ended() async -> RedisFailure {
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            close(.stopped)
        }
        let failure = try? await channel.eventLoop.submit { handler.value.failure }.get()
        return failure.flatMap { $0 } ?? .closedByServer
    }

    /// The handler, on the connection's loop.
    var onLoop: RedisChannelHandler { handler.value }
}

extension IOError {
    fileprivate var shortDescription: String {
        switch errnoCode {
        case ENOENT: "no such file"
        case EACCES: "permission denied"
        case ECONNREFUSED: "connection refused"
        default: "error \(errnoCode)"
        }
    }
}
