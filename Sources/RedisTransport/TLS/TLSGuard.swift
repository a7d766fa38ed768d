import Glibc
import NIOCore
import NIOSSL
import NIOTLS

/// Stands between TLS and the replies of one connection: lets nothing be sent before the server has proven who it is, and
/// turns the library's errors into those that a person can use. Confined to the channel's loop.
final class TLSGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let context: TLSContext
    private let diagnosis: TLSDiagnosis
    /// How the handshake went; nil while it goes on.
    private var outcome: Result<Void, RedisFailure>?
    private var waiting: ((Result<Void, RedisFailure>) -> Void)?
    private var channelContext: ChannelHandlerContext?

    init(_ context: TLSContext, address: RedisEndpoint.Address, name: ServerName) {
        self.context = context
        diagnosis = TLSDiagnosis(
            address: address, name: name, settings: context.settings,
            authoritiesExpire: context.roots.map { Int64($0.notValidAfter) })
    }

    /// Calls `completion` when the server has proven who it is, or has not.
    func whenSecured(_ completion: @escaping (Result<Void, RedisFailure>) -> Void) {
        if let outcome { completion(outcome) } else { waiting = completion }
    }

    /// Gives the handshake up if it has not ended yet.
    func handshakeTimedOut(seconds: Int) {
        guard outcome == nil else { return }
        end(.tls(.silentInHandshake(diagnosis.address, seconds: seconds)))
    }

    private func end(_ failure: RedisFailure) {
        settle(.failure(failure))
        channelContext?.close(promise: nil)
    }

    private func settle(_ outcome: Result<Void, RedisFailure>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        waiting?(outcome)
        waiting = nil
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        channelContext = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent, outcome == nil {
            if let failure = misnaming(certificate(context)) { end(.tls(failure)) } else { settle(.success(())) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An established connection that breaks off is no matter of TLS.
        if outcome != nil, case NIOSSLError.uncleanShutdown? = error as? NIOSSLError {
            return context.fireErrorCaught(RedisFailure.closedByServer)
        }
        if outcome != nil, error is IOError { return context.fireErrorCaught(RedisFailure.closedByServer) }
        let failure = diagnosis.failure(
            for: error, certificate: certificate(context).map(TLSDiagnosis.Certificate.init), now: Int64(time(nil)))
        settle(.failure(.tls(failure)))
        context.fireErrorCaught(RedisFailure.tls(failure))
    }

    func channelInactive(context: ChannelHandlerContext) {
        settle(.failure(.tls(.endedInHandshake(diagnosis.address))))
        context.fireChannelInactive()
    }

    // MARK: The server's certificate

    private func certificate(_ context: ChannelHandlerContext) -> NIOSSLCertificate? {
        (try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self))?.peerCertificate
    }

    /// NIOSSL accepts a certificate for the server's address where a name is wanted, too. Whoever has one for an address of
    /// his own and can forge DNS would be taken for the server.
    private func misnaming(_ certificate: NIOSSLCertificate?) -> TLSFailure? {
        guard context.settings.isVerified, case .dns = diagnosis.name else { return nil }
        let names = certificate?.alternativeNames ?? AlternativeNames()
        // A certificate without such names was compared by its common name.
        guard !names.isEmpty, !diagnosis.name.isNamed(by: names.dns) else { return nil }
        return .wrongName(diagnosis.name, names: names.printable)
    }
}

extension TLSDiagnosis.Certificate {
    fileprivate init(_ certificate: NIOSSLCertificate) {
        self.init(
            validFrom: Int64(certificate.notValidBefore), validUntil: Int64(certificate.notValidAfter),
            names: certificate.alternativeNames.printable)
    }
}
