import Foundation
import TestSupport
import Testing

@testable import SocketService

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
        // The file is another one's by now.
        first.removeFile()
        #expect(FileManager.default.fileExists(atPath: path))
        second.removeFile()
        #expect(!FileManager.default.fileExists(atPath: path))
        close(second.descriptor)
    }
}
