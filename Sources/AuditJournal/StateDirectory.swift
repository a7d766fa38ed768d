import Foundation

/// The folder of a journal, held by one daemon at a time.
///
/// The lock is the kernel's (`flock`): it ends with the process, however that ends.
final class StateDirectory {
    /// The journal's file in it.
    let journalPath: String
    private let lockPath: String
    private let lock: Int32

    /// The name of the journal's file.
    static let journalName = "journal.sqlite"

    /// Makes the folder where there is none, checks that nobody else can write there, and takes the lock.
    init(_ path: String) throws(JournalFailure) {
        try Self.make(path)
        try Self.check(path)
        lockPath = path + "/sessiond.lock"
        lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .directory(path: path, problem: Self.errorText) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .inUse(path: path)
        }
        journalPath = path + "/" + Self.journalName
        try checkLock()
    }

    deinit {
        close(lock)
    }

    /// Whether the lock is still the one that another daemon would have to wait for.
    func checkLock() throws(JournalFailure) {
        guard try FileIdentity(ofFileAt: lockPath) == FileIdentity(of: lock) else { throw .replaced(path: lockPath) }
    }

    private static func make(_ path: String) throws(JournalFailure) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        let parent = (path as NSString).deletingLastPathComponent
        guard errno == ENOENT, !parent.isEmpty, parent != path else {
            throw .directory(path: path, problem: errorText)
        }
        try make(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .directory(path: path, problem: errorText) }
    }

    private static func check(_ path: String) throws(JournalFailure) {
        var information = stat()
        guard stat(path, &information) == 0 else { throw .directory(path: path, problem: errorText) }
        guard information.st_mode & S_IFMT == S_IFDIR else {
            throw .directory(path: path, problem: "it is no directory")
        }
        guard information.st_uid == geteuid() else {
            throw .foreignDirectory(path: path, owner: information.st_uid)
        }
        guard information.st_mode & 0o022 == 0 else { throw .openDirectory(path: path) }
    }

    private static var errorText: String { String(cString: strerror(errno)) }
}

/// Which file stands at a path, to see that it is still the same one.
struct FileIdentity: Equatable {
    private var device: UInt64
    private var inode: UInt64

    init(ofFileAt path: String) throws(JournalFailure) {
        var information = stat()
        guard stat(path, &information) == 0 else { throw .replaced(path: path) }
        self.init(information)
    }

    /// Nil for a descriptor that is not open.
    init?(of descriptor: Int32) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return nil }
        self.init(information)
    }

    private init(_ information: stat) {
        (device, inode) = (UInt64(information.st_dev), UInt64(information.st_ino))
    }
}
