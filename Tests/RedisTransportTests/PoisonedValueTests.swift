import NIOCore
import NIOEmbedded
import RESP
import Testing

@testable import RedisTransport

/// Values that look like something else.
@Suite struct PoisonedValueTests {
    @Test(
        "A stored value that spells a message's name is a reply like any other where nobody has subscribed",
        arguments: ["message", "pmessage"]
    )
    func spelled(value: String) throws {
        let channel = EmbeddedChannel()
        let handler = try RedisChannelHandler()
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        var replies: [RESPValue]?
        handler.send([[Array("MGET".utf8), [0x61]], [Array("PTTL".utf8), [0x61]]]) { replies = try? $0.get() }
        try channel.writeInbound(ByteBuffer(string: "*1\r\n$\(value.utf8.count)\r\n\(value)\r\n:-1\r\n"))
        #expect(replies == [.array([.string(Array(value.utf8))]), .integer(-1)])
        #expect(handler.failure == nil)
    }
}
