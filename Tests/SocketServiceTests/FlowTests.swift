import Glibc
import NIOCore
import NIOPosix
import SessionModel
import TestSupport
import Testing

@testable import SocketService

/// Large answers, slow readers and fast ones.
@Suite struct FlowTests {
    private func query(_ id: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"events.query","params":{"limit":1000}}"# + "\n"
    }

    private func list(_ id: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"session.list"}"# + "\n"
    }

    private func id(_ line: String) -> Int? {
        line.prefix(40).firstMatch(of: /"id":(\d+)/).flatMap { Int($0.1) }
    }

    /// Tells of a change of writability in the middle of each flush, as a channel does whose peer takes it all at once.
    private final class Flapping: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func flush(context: ChannelHandlerContext) {
            context.flush()
            context.fireChannelWritabilityChanged()
        }
    }

    @Test("An answer whose writing makes the channel writable again is sent once")
    func reentrance() async throws {
        let (near, far) = try socketPair()
        let client = LineClient(descriptor: far)
        let rig = try await Rig()
        let backend = rig.backend
        let channel = try await ClientBootstrap(group: rig.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = PeerConnection(backend: backend, peer: Peer(pid: 1, uid: 0, gid: 0))
                    try channel.pipeline.syncOperations.addHandlers([Flapping(), connection])
                }
            }
            .withConnectedSocket(near)
            .get()
        try await client.send((1...10).map(query).joined())
        #expect(try await client.lines(10).map(id) == (1...10).map { $0 })
        try await client.send(query(11))
        #expect(id(try await client.line()) == 11)
        try await channel.close()
    }

    private func socketPair() throws -> (CInt, CInt) {
        var pair: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        return (pair[0], pair[1])
    }

    @Test("Answers larger than the write buffer come once each, whole and in order, to a reader that keeps up")
    func largeAnswers() async throws {
        let rig = try await Rig()
        rig.log.append(count: 4000)
        let client = try rig.connect()
        let reader = Task { try await client.lines(60).map { (id($0), $0.utf8.count) } }
        try await client.send((1...60).map(query).joined())
        let answers = try await reader.value
        #expect(answers.map(\.0) == (1...60).map { $0 })
        #expect(Set(answers.map(\.1)).count <= 2, "all are as long but for the width of their ids")
    }
}
