package import Logging
package import NIOCore
package import RESP

/// A connection to Redis for looking at it, made as the daemon makes its own: same address, user and TLS.
///
/// Unlike those it also stays with a server that the daemon would leave, such as a replica.
package struct RedisProbe: Sendable {
    private let connection: RedisConnection
    private let timeout: TimeAmount

    /// Connects on `loop`.
    ///
    /// - Parameters:
    ///   - name: for `CLIENT SETNAME`.
    ///   - timeout: for connecting, and for every question.
    package static func open(
        _ endpoint: RedisEndpoint, name: String, timeout: TimeAmount, on loop: any EventLoop, logger: Logger
    ) async throws(RedisFailure) -> RedisProbe {
        let connector = RedisConnector(endpoint, logger: logger)
        let connection = try await connector.open(name: name, timeout: timeout, on: loop, for: .examining)
        return RedisProbe(connection: connection, timeout: timeout)
    }

    /// Asks several things in one write, and waits for all replies, which may be errors.
    package func ask(_ commands: [[[UInt8]]]) async throws(RedisFailure) -> [RESPValue] {
        var replies: [RESPValue] = []
        try await connection.within(timeout) { () async throws(RedisFailure) in
            replies = try await connection.commands(commands)
        }
        return replies
    }

    package func ask(_ command: [[UInt8]]) async throws(RedisFailure) -> RESPValue {
        try await ask([command]).first ?? .null
    }

    package func ask(_ words: String...) async throws(RedisFailure) -> RESPValue {
        try await ask(words.map { Array($0.utf8) })
    }

    /// Drops the messages of subscriptions that are asked for from now on.
    package func expectMessages() async {
        await connection.dropMessages()
    }

    package func close() {
        connection.close(.stopped)
    }
}
