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

    /// - Parameters:
    ///   - name: for `CLIENT SETNAME`.
    ///   - purpose: what the server has to be good for.
    func open(
        name: String, timeout: TimeAmount, on loop: any EventLoop, for purpose: RedisConnection.Purpose = .following
    ) async throws(RedisFailure) -> RedisConnection {
        let tls: TLSContext?
        do throws(TLSFileError) {
            tls = try renewal?.context()
        } catch {
            throw .tls(.unusableFile(error))
        }
        return try await RedisConnection.open(endpoint, tls: tls, name: name, timeout: timeout, on: loop, for: purpose)
    }
}
