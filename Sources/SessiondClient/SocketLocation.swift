import Glibc
import SessionModel

/// Where the socket is, and what can be told when it cannot be opened.
enum SocketLocation {
    /// The longest path of a Unix socket on Linux: `sun_path` without its NUL.
    static let pathBytesMax = 107

    /// The path to connect to when nobody names one: `$SESSIOND_SOCKET`, else the first of the usual ones that exists, else the
    /// first of them, for the message.
    static func path(environment: [String: String], exists: (String) -> Bool = exists) -> String {
        if let named = environment["SESSIOND_SOCKET"], !named.isEmpty {
            return named
        }
        let candidates = SocketPath.candidates(environment: environment)
        return candidates.first(where: exists) ?? candidates.first ?? ""
    }

    /// The error for a `connect` that failed with this `errno`.
    static func error(path: String, errno code: CInt) -> SessiondClientError {
        switch code {
        case ENOENT: .noSocket(path: path)
        case ECONNREFUSED: .nobodyListens(path: path)
        case EACCES, EPERM: .permissionDenied(path: path, group: owningGroup(of: path))
        case EAGAIN: .notConnected(path: path, reason: "the daemon is too busy to accept; try again")
        default: .notConnected(path: path, reason: String(cString: strerror(code)))
        }
    }

    /// Whether something is there, also where a folder on the way is closed to the caller: then the attempt to connect tells why.
    private static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0 || errno == EACCES
    }

    /// The name of the group that owns the socket, where its mode lets the group in and joining it is sound advice: root's is not.
    private static func owningGroup(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IWGRP != 0, status.st_gid != 0 else {
            return nil
        }
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard getgrgid_r(status.st_gid, &entry, buffer.baseAddress, buffer.count, &found) == 0, let found else {
                return nil
            }
            return String(cString: found.pointee.gr_name)
        }
    }
}
