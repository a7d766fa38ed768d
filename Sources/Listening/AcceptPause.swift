import Glibc
package import NIOCore

/// Stops accepting for a while where the system has nothing left for another connection.
///
/// NIO keeps a listening socket whose accept failed registered for reading, so that it would be called again at once, and without
/// end: whoever waits in the queue still waits. Reading is therefore turned off and on again. Those who wait are served then.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    private let failed: (any Error) -> Void

    /// How long a pause is.
    private static var pause: TimeAmount { .milliseconds(250) }

    /// - Parameter failed: hears of every accept that failed.
    package init(failed: @escaping (any Error) -> Void) {
        self.failed = failed
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = error as? IOError else { return context.fireErrorCaught(error) }
        failed(failure)
        // Of a peer that has gone before it was accepted nothing is left in the queue.
        guard failure.errnoCode != ECONNABORTED else { return }
        setReading(false, context)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in setReading(true, context) }
    }

    private func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        // A socket that was closed meanwhile reads no more.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}
