import Foundation
import TestSupport
import Testing

@testable import Listening

/// Sockets that a service manager passes.
@Suite struct PassedSocketTests {
    @Test(
        "What was passed is known by number and name",
        arguments: [
            ([:], []),
            (["LISTEN_FDS": "0", "LISTEN_PID": "7"], []),
            (["LISTEN_FDS": "1"], []),
            (["LISTEN_FDS": "1", "LISTEN_PID": "8"], []),
            (["LISTEN_FDS": "1", "LISTEN_PID": "7"], [PassedSocket(descriptor: 3, name: "unknown")]),
            (
                ["LISTEN_FDS": "3", "LISTEN_PID": "7", "LISTEN_FDNAMES": "web::"],
                [
                    PassedSocket(descriptor: 3, name: "web"), PassedSocket(descriptor: 4, name: ""),
                    PassedSocket(descriptor: 5, name: ""),
                ]
            ),
            (
                ["LISTEN_FDS": "2", "LISTEN_PID": "7", "LISTEN_FDNAMES": "web"],
                [PassedSocket(descriptor: 3, name: "web"), PassedSocket(descriptor: 4, name: "unknown")]
            ),
        ] as [([String: String], [PassedSocket])])
    func passed(environment: [String: String], sockets: [PassedSocket]) throws {
        #expect(try PassedSocket.all(environment: environment, pid: 7) == sockets)
    }

    @Test(
        "Numbers that cannot be are refused",
        arguments: [
            (["LISTEN_FDS": "one", "LISTEN_PID": "7"], .badVariable("LISTEN_FDS")),
            (["LISTEN_FDS": "-1", "LISTEN_PID": "7"], .badVariable("LISTEN_FDS")),
            (["LISTEN_FDS": "1", "LISTEN_PID": ""], .badVariable("LISTEN_PID")),
            (["LISTEN_FDS": "65", "LISTEN_PID": "7"], .tooMany(65, countMax: 64)),
        ] as [([String: String], PassedSocketError)])
    func badNumbers(environment: [String: String], error: PassedSocketError) {
        #expect(throws: error) { try PassedSocket.all(environment: environment, pid: 7) }
    }

    @Test("A listening socket is taken as it is: its file stays, and no child inherits it")
    func adopt() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s.sock")
        let bound = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
        defer { close(bound.descriptor) }
        try #require(fcntl(bound.descriptor, F_SETFD, 0) == 0)
        let taken = try ListeningSocket.adopt(PassedSocket(descriptor: bound.descriptor, name: "web"))
        #expect(taken.place == path)
        #expect(fcntl(taken.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        taken.removeFile()
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("An abstract socket is called by its name behind an @")
    func abstract() throws {
        let name = "sessiond-test-\(UUID().uuidString)"
        let descriptor = try listening(AF_UNIX, SOCK_STREAM, at: [0] + Array(name.utf8))
        defer { close(descriptor) }
        let taken = try ListeningSocket.adopt(PassedSocket(descriptor: descriptor, name: "web"))
        #expect(taken.place == "@\(name)")
    }

    @Test("What is no listening Unix stream socket is refused by its name")
    func otherKinds() throws {
        let folder = try TemporaryFolder()
        let file = open(try folder.write("", to: "file"), O_RDONLY)
        let idle = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let datagrams = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let packets = try listening(AF_UNIX, SOCK_SEQPACKET, at: [0] + Array(UUID().uuidString.utf8))
        let port = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listen(port, 1) == 0)
        defer { for descriptor in [file, idle, datagrams, packets, port] { close(descriptor) } }
        for descriptor in [file, idle, datagrams, packets, port, 1_000_000] {
            #expect(throws: ListeningSocketError.badPassedSocket("web", descriptor: descriptor)) {
                try ListeningSocket.adopt(PassedSocket(descriptor: descriptor, name: "web"))
            }
        }
    }

    private func listening(_ domain: CInt, _ kind: __socket_type, at name: [UInt8]) throws -> CInt {
        let descriptor = socket(domain, Int32(kind.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(domain)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(status == 0)
        try #require(listen(descriptor, 1) == 0)
        return descriptor
    }
}
