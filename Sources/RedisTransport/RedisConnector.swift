import Logging
import NIOCore

/// Opens connections to one endpoint, with what its files for TLS hold at the time.
final class RedisConnector: Sendable {
    private let endpoint: RedisEndpoint
    private let renewal: TLSRenewal?

    init(_ endpoint: RedisEndpoint, logger: Logger) {
        self.endpoint = endpoint
        renewal = endpoint.tls.map { TLSRenewal($0, logger: logger) }
    }

    /// - Parameter name: for `CLIENT SETNAME`.
    func open(
        name: String, timeout: TimeAmount, on loop: any EventLoop
    ) async throws(RedisFailure) -> RedisConnection {
        let tls: TLSContext?
        do throws(TLSFileError) {
            tls = try renewal?.context()
        } catch {
            throw .tls(.unusableFile(error))
        }
        return try await RedisConnection.open(endpoint, tls: tls, name: name, timeout: timeout, on: loop)
    }
}
