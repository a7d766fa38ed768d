import Foundation
import TestSupport
import Testing

@testable import Listening

/// The socket's file.
@Suite struct ListeningSocketTests {
    @Test("A file that is no socket is left alone")
    func notASocket() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("precious", to: "s.sock")
        #expect(throws: ListeningSocketError.notASocket(path)) {
            try ListeningSocket.bind(path: path, mode: 0o660, group: nil)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test("A path that is too long, and a folder that is not there, are named")
    func badPaths() throws {
        let long = "/tmp/" + String(repeating: "x", count: 120)
        #expect(throws: ListeningSocketError.pathTooLong(long, bytesMax: 107)) {
            try ListeningSocket.bind(path: long, mode: 0o660, group: nil)
        }
        #expect(throws: ListeningSocketError.folder("/nonexistent", ENOENT)) {
            try ListeningSocket.bind(path: "/nonexistent/s.sock", mode: 0o660, group: nil)
        }
    }

    @Test("A socket somebody listens at is in use; one that nobody listens at is replaced")
    func takeOver() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        let first = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        #expect(throws: ListeningSocketError.inUse(path)) {
            try ListeningSocket.bind(path: path, mode: 0o660, group: nil)
        }
        close(first.descriptor)
        let second = try ListeningSocket.bind(path: path, mode: 0o640, group: nil)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        second.removeFile()
        #expect(!FileManager.default.fileExists(atPath: path))
        close(second.descriptor)
    }

    @Test("Only the socket's own file is removed: not a successor's, but one whose permissions were changed")
    func removal() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        let first = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        try FileManager.default.removeItem(atPath: path)
        let second = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        first.removeFile()
        #expect(FileManager.default.fileExists(atPath: path))
        close(first.descriptor)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        second.removeFile()
        #expect(!FileManager.default.fileExists(atPath: path))
        close(second.descriptor)
    }

    @Test("A socket of another kind is not taken for a dead daemon's")
    func otherKind() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("log.sock")
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        #expect(throws: ListeningSocketError.system("connect", path, EPROTOTYPE)) {
            try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("An empty path and one with a NUL are refused before anything is made of them", arguments: ["", "/tmp/a\0b"])
    func noPath(path: String) {
        #expect(throws: ListeningSocketError.badPath) {
            try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        }
    }

    @Test("A group that the daemon may not give is named, and no file stays")
    func group() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        let socket = try ListeningSocket.bind(path: path, mode: 0o660, group: getgid())
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o660)
        #expect(attributes[.groupOwnerAccountID] as? Int == Int(getgid()))
        socket.removeFile()
        close(socket.descriptor)
        // The superuser may give any group.
        guard geteuid() != 0 else { return }
        #expect(throws: ListeningSocketError.group(path, EPERM)) {
            try ListeningSocket.bind(path: path, mode: 0o660, group: 0)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
