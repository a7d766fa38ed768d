import Glibc

/// Held while a socket's file is looked at and replaced, so that two daemons that start at once cannot both take over a stale one.
///
/// It is a file beside the socket that nobody else may open: a lock on the folder could be held for ever by whoever may read that.
/// The lock is the kernel's (`flock`) and ends with the process; the file is gone afterwards, and one that was left says nothing.
struct SocketFileLock: ~Copyable {
    private let path: String
    private let descriptor: CInt

    /// How often the lock is tried for before another daemon, which has it for a moment only, is taken for something else.
    static let attemptCountMax = 50
    private static let pauseMicroseconds: UInt32 = 100_000

    /// Waits for the lock of the socket at a path, for five seconds at most.
    init(ofSocketAt socketPath: String, attemptCount: Int = attemptCountMax) throws(ListeningSocketError) {
        path = socketPath + ".lock"
        for attempt in 1...attemptCount {
            if attempt > 1 { usleep(Self.pauseMicroseconds) }
            // Neither somebody else's link is followed, nor is a reader of somebody else's pipe waited for.
            let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Self.failure(path, errno) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, FileIdentity(of: path) == FileIdentity(of: descriptor) {
                self.descriptor = descriptor
                return
            }
            // It is taken; or whoever had it has removed the file meanwhile, and the next one makes another.
            close(descriptor)
        }
        throw .locked(path)
    }

    private static func failure(_ path: String, _ code: CInt) -> ListeningSocketError {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        return access(folder, W_OK | X_OK) == 0 ? .system("open", path, code) : .folder(folder, code)
    }

    deinit {
        // Before it is given up: whoever gets it next sees that this file is not at the path any more.
        unlink(path)
        close(descriptor)
    }
}
