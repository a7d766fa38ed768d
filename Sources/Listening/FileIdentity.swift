import Glibc

/// Tells one file from another at the same path, as long as it is open: until then its inode's number is not given to another one.
struct FileIdentity: Equatable {
    private var device: UInt64
    private var inode: UInt64

    /// Nil where there is no file.
    init?(of path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Nil where the descriptor is not open.
    init?(of descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
