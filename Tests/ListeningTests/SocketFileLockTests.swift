import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Listening

/// Who can keep a daemon from opening its socket.
@Suite struct SocketFileLockTests {
    /// Takes the kernel's lock of a file or a folder, as any program can that may read it.
    private func lock(_ path: String, _ flags: CInt) throws -> CInt {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
        return descriptor
    }

    @Test("A lock on the folder, which whoever may read it can hold, keeps nobody waiting", .timeLimit(.minutes(1)))
    func folder() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        let held = try lock((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY)
        defer { close(held) }
        let socket = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        socket.removeFile()
        close(socket.descriptor)
    }

    @Test("The lock's file is the daemon's alone, and is gone afterwards")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        do {
            let lock = try SocketFileLock(ofSocketAt: path)
            let attributes = try FileManager.default.attributesOfItem(atPath: path + ".lock")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            extendLifetime(lock)
        }
        #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
    }

    @Test("A lock that is never given back is named, and its file is left to who has it")
    func taken() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        let held = try lock(path + ".lock", O_RDWR | O_CREAT)
        #expect(throws: ListeningSocketError.locked(path + ".lock")) {
            _ = try SocketFileLock(ofSocketAt: path, attemptCount: 2)
        }
        #expect(FileManager.default.fileExists(atPath: path + ".lock"))
        // What a daemon left that died says nothing.
        close(held)
        let socket = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
        socket.removeFile()
        close(socket.descriptor)
    }

    @Test("What stands in the lock's place and is no file of the daemon's is not followed, nor waited for")
    func otherKinds() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        try FileManager.default.createSymbolicLink(atPath: path + ".lock", withDestinationPath: folder.file("other"))
        #expect(throws: ListeningSocketError.system("open", path + ".lock", ELOOP)) {
            try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("other")))
        try FileManager.default.removeItem(atPath: path + ".lock")
        try FileManager.default.createDirectory(atPath: path + ".lock", withIntermediateDirectories: false)
        #expect(throws: ListeningSocketError.system("open", path + ".lock", EISDIR)) {
            try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        }
    }

    @Test("One has it at a time, though each removes the file for which the others wait")
    func exclusion() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        let insideCount = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<50 {
                do {
                    let lock = try SocketFileLock(ofSocketAt: path)
                    #expect(insideCount.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue == 1)
                    sched_yield()
                    insideCount.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                    extendLifetime(lock)
                } catch {
                    Issue.record(error)
                }
            }
        }
        #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
    }
}
