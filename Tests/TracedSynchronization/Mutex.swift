import Glibc
@_exported public import Synchronization

/// The standard library's mutex by a lock of the C library, which ThreadSanitizer knows. `make sanitize-thread` alone builds with it.
///
/// The lock of the standard library takes place in code that is not instrumented, so that a correct program of ten lines in which
/// two threads use one is reported as a "Swift access race". Where this module is imported in place of `Synchronization`, this type
/// is meant by `Mutex`, and everything else is what `Synchronization` has.
public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

    /// As in `Synchronization`.
    public init(_ value: consuming sending Value) {
        pthread_mutex_init(lock, nil)
        self.value.initialize(to: value)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    /// As in `Synchronization`.
    public borrowing func withLock<Result: ~Copyable, Failure>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value.pointee)
    }
}
