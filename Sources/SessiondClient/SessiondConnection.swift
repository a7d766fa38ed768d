import Foundation
import JSONRPC
import NIOCore
import NIOPosix
import Synchronization

/// A connection to sessiond's socket.
///
/// Calls may be made from several tasks at once: they are sent at once and matched with their answers by id. A connection that was lost
/// stays lost: every call on it fails with `connectionClosed`, and a new one has to be made. It is closed when nobody holds it any more.
public final class SessiondConnection: Sendable {
    /// The path of the socket.
    public let path: String
    /// How long a call waits where it does not say.
    public let timeout: Duration

    private let channel: any Channel
    private let handler: NIOLoopBound<ConnectionHandler>
    private let ids: RequestIDs

    private init(
        path: String,
        timeout: Duration,
        channel: any Channel,
        handler: NIOLoopBound<ConnectionHandler>,
        ids: RequestIDs
    ) {
        self.path = path
        self.timeout = timeout
        self.channel = channel
        self.handler = handler
        self.ids = ids
    }

    deinit {
        channel.close(promise: nil)
    }

    /// The path that is used where nobody names one: `$SESSIOND_SOCKET`, else the first that exists of
    /// `$RUNTIME_DIRECTORY/sessiond.sock`, `/run/sessiond/sessiond.sock` and `$XDG_RUNTIME_DIR/sessiond/sessiond.sock`.
    public static var defaultPath: String {
        SocketLocation.path(environment: ProcessInfo.processInfo.environment)
    }

    /// Connects to the daemon.
    ///
    /// - Parameters:
    ///   - path: The socket's path; `defaultPath` where it is nil.
    ///   - timeout: How long each call waits for its answer, unless it says otherwise.
    /// - Throws: `noSocket`, `nobodyListens`, `permissionDenied`, `pathTooLong` or `notConnected`.
    public static func connect(
        path: String? = nil,
        timeout: Duration = .seconds(5)
    ) async throws(SessiondClientError) -> SessiondConnection {
        try await connect(path: path, timeout: timeout, observe: nil)
    }

    /// Sees every line that the daemon sends, with the method that it answers; nil for what nobody asked for.
    package typealias LineObserver = @Sendable (_ method: String?, _ line: [UInt8]) -> Void

    /// As `connect(path:timeout:)`, with somebody who watches the daemon's lines.
    package static func connect(
        path: String?,
        timeout: Duration = .seconds(5),
        observe: LineObserver?
    ) async throws(SessiondClientError) -> SessiondConnection {
        let path = path ?? defaultPath
        guard path.utf8.count <= SocketLocation.pathBytesMax else {
            throw .pathTooLong(path: path)
        }
        let ids = RequestIDs()
        do {
            let (channel, handler) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = ConnectionHandler(observe: observe, makeID: { ids.next() })
                        try channel.pipeline.syncOperations.addHandler(handler)
                        return (channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
                    }
                }
            return SessiondConnection(path: path, timeout: timeout, channel: channel, handler: handler, ids: ids)
        } catch let error as IOError {
            throw SocketLocation.error(path: path, errno: error.errnoCode)
        } catch {
            throw .notConnected(path: path, reason: "\(error)")
        }
    }

    /// Closes the connection. Calls that wait fail with `connectionClosed`.
    public func close() async {
        try? await channel.close()
    }

    /// Calls a method and gives its result as JSON text, as it is.
    ///
    /// - Parameters:
    ///   - method: The method's name.
    ///   - params: An object as JSON text.
    ///   - timeout: How long to wait for the answer; the connection's where it is nil.
    public func call(
        _ method: String,
        params: [UInt8] = Array("{}".utf8),
        timeout: Duration? = nil
    ) async throws(SessiondClientError) -> [UInt8] {
        Array(try await result(of: method, params: params, timeout: timeout, buffer: nil))
    }

    /// The text of a method's result. A `buffer` is connected to the subscription that the result names.
    func result(
        of method: String,
        params: [UInt8],
        timeout: Duration?,
        buffer: EventBuffer?
    ) async throws(SessiondClientError) -> ArraySlice<UInt8> {
        let id = ids.next()
        let line = RequestText.line(id: id, method: method, params: params)
        guard line.count - 1 <= Wire.requestBytesMax else {
            throw .requestTooLong(byteCountMax: Wire.requestBytesMax)
        }
        let timeout = timeout ?? self.timeout
        let eventLoop = channel.eventLoop
        let handler = handler
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let call = ConnectionHandler.Call(method: method, timeout: timeout, buffer: buffer) {
                    continuation.resume(returning: $0)
                }
                eventLoop.execute { handler.value.start(call, id: id, line: line) }
                if Task.isCancelled {
                    // `onCancel` may have run before the call was there.
                    eventLoop.execute { handler.value.giveUp(id, .cancelled) }
                }
            }
        } onCancel: {
            eventLoop.execute { handler.value.giveUp(id, .cancelled) }
        }
        return try outcome.get()
    }

    /// Runs `body` with the handler, on its event loop.
    func onLoop(_ body: @escaping @Sendable (ConnectionHandler) -> Void) {
        let handler = handler
        channel.eventLoop.execute { body(handler.value) }
    }
}

/// The ids of a connection's requests: 1, 2, 3, …
final class RequestIDs: Sendable {
    private let last = Atomic(0)

    /// An id that no other request of this connection has.
    func next() -> Int {
        last.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
