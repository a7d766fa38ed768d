import Dispatch
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import SocketService

/// Peers that go away in the middle.
@Suite struct HangUpTests {
    @Test(
        "A peer that hangs up behind a request that fills a read buffer harms nobody",
        arguments: 9...16)
    func fullBuffer(sizeExponent: Int) async throws {
        let rig = try await Rig()
        let witness = try rig.connect()
        let request = #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"known"}}"#
        _ = try await exchange(witness, request + "\n")
        let padding = String(repeating: " ", count: (1 << sizeExponent) - request.utf8.count - 1)
        for _ in 0..<20 {
            let client = try rig.connect()
            let gate = DispatchSemaphore(value: 0)
            rig.group.next().execute { gate.wait() }
            try await client.send(padding + request + "\n")
            client.hangUp()
            gate.signal()
        }
        #expect(try await exchange(witness, request + "\n").contains(#""authenticated":true"#))
        try await eventually("the ends of the connections") { rig.figures.values.connections == 1 }
    }

    private func exchange(_ client: LineClient, _ request: String) async throws -> String {
        try await client.send(request)
        return try await client.line()
    }

    @Test("A peer that asks and hangs up at once harms nobody")
    func askAndRun() async throws {
        let rig = try await Rig()
        let witness = try rig.connect()
        let request = #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"known"}}"# + "\n"
        _ = try await exchange(witness, request)
        for _ in 0..<50 {
            let clients = try (0..<10).map { _ in try rig.connect() }
            for client in clients { _ = try await exchange(client, request) }
            // The loop finds the request and the end of the connection at the same time.
            let gate = DispatchSemaphore(value: 0)
            rig.group.next().execute { gate.wait() }
            for client in clients {
                try await client.send(request)
                client.hangUp()
            }
            gate.signal()
        }
        #expect(try await exchange(witness, request).contains(#""authenticated":true"#))
        try await eventually("the ends of the connections") { rig.figures.values.connections == 1 }
    }
}
