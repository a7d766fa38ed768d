/// Why a call on the socket gave no result. The descriptions say what to do; none holds a session key or a session's data.
public enum SessiondClientError: Error, Hashable, Sendable {
    /// There is no socket at the path.
    case noSocket(path: String)
    /// There is a socket, but nobody listens on it: a daemon died and left it behind.
    case nobodyListens(path: String)
    /// The caller may not open the socket. `group` is a group that may and could be joined, where there is one.
    case permissionDenied(path: String, group: String?)
    /// The path is longer than the system allows for a socket.
    case pathTooLong(path: String)
    /// The socket could not be opened for another reason, given in words.
    case notConnected(path: String, reason: String)
    /// The connection ended, at the daemon's end or by `close()`, before the answer came.
    case connectionClosed
    /// No answer came in time.
    case timedOut(method: String, after: Duration)
    /// The task that waited was cancelled.
    case cancelled
    /// The request is longer than the daemon reads; nothing was sent.
    case requestTooLong(byteCountMax: Int)
    /// The daemon refused.
    case refused(RemoteError)
    /// What came is not what the protocol promises. `what` names it in words.
    case unintelligible(what: String)
}

extension SessiondClientError: CustomStringConvertible {
    /// What went wrong and what to do, in a sentence or two.
    public var description: String {
        switch self {
        case .noSocket(let path):
            "no socket at \(path): is sessiond running? start it with `sessiond serve`, or name another socket with --socket"
        case .nobodyListens(let path):
            "nobody listens at \(path): the daemon that made this socket is gone; start it again with `sessiond serve`"
        case .permissionDenied(let path, let group?):
            "permission denied on \(path): it is open to the group '\(group)'; "
                + "add your user to it with `sudo usermod -aG \(group) $USER` and log in again"
        case .permissionDenied(let path, nil):
            "permission denied on \(path): run this as root or as the daemon's user, "
                + "or start the daemon with --socket-group and the name of a group that you are in"
        case .pathTooLong(let path):
            "the path \(path) is too long for a socket: at most \(SocketLocation.pathBytesMax) bytes; choose a shorter one"
        case .notConnected(let path, let reason):
            "cannot connect to \(path): \(reason)"
        case .connectionClosed:
            "the daemon closed the connection: it was stopped or restarted; try again"
        case .timedOut(let method, let after):
            "no answer to \(method) within \(after): is the daemon overloaded or stopped?"
        case .cancelled:
            "cancelled"
        case .requestTooLong(let byteCountMax):
            "the request is longer than the \(byteCountMax) bytes that the daemon reads: a session key has at most 512 bytes"
        case .refused(let error):
            error.description
        case .unintelligible(let what):
            "the daemon sent \(what), which this client does not understand: are both of the same version?"
        }
    }
}
