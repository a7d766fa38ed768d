import Glibc

/// A socket that listens.
///
/// One that the daemon opens has its file made with the right mode, taken over from a daemon that died, left to one that lives,
/// and removed at the end. One that the service manager opened is taken as it is, and its file is left alone.
package struct ListeningSocket: Sendable {
    /// The descriptor, bound and listening.
    package let descriptor: CInt
    /// What to call it: the file's path, `@` and the name of an abstract one, or the name under which it was passed.
    package let place: String
    /// The file that is to be removed; nil for a socket that somebody else has bound.
    let file: File?

    struct File: Sendable {
        var path: String
        var identity: FileIdentity
    }

    /// How many connections wait to be accepted before further ones are refused; the system may allow fewer.
    package static let backlogCountMax: CInt = 1024

    /// The longest path that fits into a `sockaddr_un`, in bytes.
    private static let pathBytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Binds a Unix stream socket at `path`.
    ///
    /// A ``SocketFileLock`` is held meanwhile.
    ///
    /// - Parameters:
    ///   - mode: the file's permissions. It never has wider ones, not even for a moment.
    ///   - group: the file's group; nil for the daemon's.
    package static func bind(path: String, mode: UInt32, group: UInt32?) throws(ListeningSocketError) -> ListeningSocket
    {
        // An empty path would bind a socket without a file, a NUL would cut the path.
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .badPath }
        guard path.utf8.count <= pathBytesMax else { throw .pathTooLong(path, bytesMax: pathBytesMax) }
        let lock = try SocketFileLock(ofSocketAt: path)
        defer { extendLifetime(lock) }
        try removeStale(path)

        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", path, errno) }
        do throws(ListeningSocketError) {
            return try bind(descriptor, path, mode: mode, group: group)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func bind(
        _ descriptor: CInt, _ path: String, mode: UInt32, group: UInt32?
    ) throws(ListeningSocketError) -> ListeningSocket {
        let previousMask = umask(0o777 & ~mode)
        let status = withAddress(of: path) { Glibc.bind(descriptor, $0, $1) }
        let bindError = errno
        umask(previousMask)
        guard status == 0 else { throw .system("bind", path, bindError) }
        if let group, chown(path, uid_t.max, group) != 0 {
            let error = errno
            unlink(path)
            throw .group(path, error)
        }
        // Under the lock: a socket that is bound and does not listen looks like a dead daemon's.
        guard listen(descriptor, backlogCountMax) == 0, chmod(path, mode) == 0 else {
            let error = errno
            unlink(path)
            throw .system("listen", path, error)
        }
        guard let identity = FileIdentity(of: path) else { throw .system("stat", path, errno) }
        return ListeningSocket(
            descriptor: descriptor, place: path, file: File(path: path, identity: identity))
    }

    /// Removes the socket file of a daemon that is gone; leaves everything else alone.
    private static func removeStale(_ path: String) throws(ListeningSocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw .system("socket", path, errno) }
        defer { close(probe) }
        switch withAddress(of: path, { connect(probe, $0, $1) == 0 ? 0 : errno }) {
        case ECONNREFUSED: break
        case 0, EAGAIN: throw .inUse(path)
        case ENOENT: return
        case let code: throw .system("connect", path, code)
        }
        guard unlink(path) == 0 else { throw .system("unlink", path, errno) }
    }

    /// Takes a socket that the service manager has bound, and which keeps its file.
    ///
    /// What it is cannot be taken for granted: a socket unit can name a port, or a datagram socket. Standard error and files that
    /// somebody left open are found out, too.
    package static func adopt(_ passed: PassedSocket) throws(ListeningSocketError) -> ListeningSocket {
        let descriptor = passed.descriptor
        guard option(SO_DOMAIN, of: descriptor) == AF_UNIX,
            option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue), option(SO_ACCEPTCONN, of: descriptor) == 1
        else { throw .badPassedSocket(passed.name, descriptor: descriptor) }
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw .system("fcntl", passed.name, errno) }
        return ListeningSocket(descriptor: descriptor, place: boundName(of: descriptor) ?? passed.name, file: nil)
    }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    /// The path that a socket is bound to; nil where it has none.
    private static func boundName(of descriptor: CInt) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        let count = Int(length) - MemoryLayout<sa_family_t>.size
        guard status == 0, count > 0 else { return nil }
        var name = withUnsafeBytes(of: &address.sun_path) { Array($0.prefix(count)) }
        // In the abstract namespace, which counts every byte and has no end mark.
        if name.first == 0 { name[0] = UInt8(ascii: "@") } else { name = Array(name.prefix { $0 != 0 }) }
        return String(decoding: name, as: UTF8.self)
    }

    /// Removes the file, if it is still this socket's. To be called before the descriptor is closed.
    package func removeFile() {
        guard let file, FileIdentity(of: file.path) == file.identity else { return }
        unlink(file.path)
    }

    /// Gives its file another mode and group. One that somebody else has bound, or that is not there any more, is left alone.
    ///
    /// - Parameter group: nil for the daemon's.
    package func change(mode: UInt32, group: UInt32?) throws(ListeningSocketError) {
        var status = stat()
        guard let file, FileIdentity(of: file.path) == file.identity, stat(file.path, &status) == 0 else { return }
        // Meanwhile nobody gets in whom not both let in.
        guard chmod(file.path, mode & status.st_mode & 0o777) == 0 else { throw .system("chmod", file.path, errno) }
        guard chown(file.path, uid_t.max, group ?? getegid()) == 0 else { throw .group(file.path, errno) }
        guard chmod(file.path, mode) == 0 else { throw .system("chmod", file.path, errno) }
    }

    private static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// Why the socket cannot be opened, and what to do.
package enum ListeningSocketError: Error, Equatable, CustomStringConvertible {
    case inUse(String)
    case notASocket(String)
    case badPath
    case pathTooLong(String, bytesMax: Int)
    case folder(String, CInt)
    case group(String, CInt)
    case badPassedSocket(String, descriptor: CInt)
    case locked(String)
    case system(String, String, CInt)

    package var description: String {
        switch self {
        case .inUse(let path): "another sessiond listens at \(path): stop it, or choose another --socket"
        case .notASocket(let path): "\(path) exists and is no socket: remove it, or choose another --socket"
        case .badPath: "the socket's path is empty or holds a NUL: choose another --socket"
        case .pathTooLong(let path, let bytesMax):
            "the socket's path \(path) is longer than the \(bytesMax) bytes that the system allows: choose a shorter --socket"
        case .folder(let folder, let code):
            "cannot use the folder \(folder) for the socket (\(Self.words(code))): create it, or choose another --socket"
        case .group(let path, let code):
            "cannot give \(path) to the --socket-group (\(Self.words(code))): the daemon's user must be a member of it"
        case .badPassedSocket(let name, let descriptor):
            """
            what the service manager passes as \(name) (descriptor \(descriptor)) is no listening Unix stream socket: the socket \
            unit needs a ListenStream= with a path, and Accept=no
            """
        case .locked(let path):
            "somebody else has locked \(path) and does not give it back: find out who (fuser), or choose another --socket"
        case .system(let call, let path, let code): "cannot open the socket \(path): \(call): \(Self.words(code))"
        }
    }

    private static func words(_ code: CInt) -> String {
        String(cString: strerror(code))
    }
}
