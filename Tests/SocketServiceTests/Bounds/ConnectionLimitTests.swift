import SessionModel
import TestSupport
import Testing

@testable import SocketService

/// More connections than there may be.
@Suite struct ConnectionLimitTests {
    private let request =
        #"{"jsonrpc":"2.0","id":1,"method":"session.identity","params":{"session_key":"known"}}"# + "\n"
    private let refusal =
        #"{"jsonrpc":"2.0","id":null,"error":{"code":-32004,"message":"overloaded","data":{"retry_after_ms":1000}}}"#

    @Test(
        "A connection beyond the limit is told so in one line and closed, the others are answered, and there is room again when one ends",
        arguments: [(2, 100), (100, 2)])
    func connections(inAll: Int, ofUser: Int) async throws {
        var limits = Limits()
        (limits.connectionsMax, limits.connectionsPerUIDMax) = (inAll, ofUser)
        let rig = try await Rig(limits: limits)
        let clients = [try rig.connect(), try rig.connect()]
        for client in clients {
            try await client.send(request)
            #expect(try await client.line().contains("true"))
        }
        for number in 1...100 {
            let refused = try rig.connect()
            // Whether or not it has sent something already.
            if number % 2 == 0 { try await refused.send(request) }
            #expect(try await refused.line() == refusal)
            await #expect(throws: LineClient.Closed.self) { try await refused.line() }
        }
        #expect(rig.figures.values.refusedConnections == 100 && rig.figures.values.connections == 2)
        try await clients[0].send(request)
        #expect(try await clients[0].line().contains("true"))
        clients[1].hangUp()
        try await eventually("the end of the connection") { rig.figures.values.connections == 1 }
        try await eventually("room for another one") {
            let client = try rig.connect()
            try await client.send(request)
            return try await client.line().contains("true")
        }
    }

    private func expect(_ expected: ConnectionCounts.Refusal?, _ refusal: ConnectionCounts.Refusal?) {
        #expect(refusal == expected)
    }

    @Test("A user who has all the connections that one may have takes none of the others'")
    func users() {
        var limits = Limits()
        (limits.connectionsMax, limits.connectionsPerUIDMax) = (5, 3)
        var counts = ConnectionCounts()
        for _ in 0..<3 { expect(nil, counts.admit(1000, limits)) }
        expect(.ofUser, counts.admit(1000, limits))
        for _ in 0..<2 { expect(nil, counts.admit(1001, limits)) }
        expect(.inAll, counts.admit(1001, limits))
        #expect(counts.total == 5)
        counts.release(1000)
        expect(nil, counts.admit(1002, limits))
        expect(.inAll, counts.admit(1000, limits))
        for uid: UInt32 in [1000, 1000, 1001, 1001, 1002] { counts.release(uid) }
        #expect(counts.total == 0)
        counts.release(1000)
        #expect(counts.total == 0, "whoever was never admitted gives nothing back")
    }

    @Test("Some connections are kept for those who may do everything")
    func reserved() {
        var limits = Limits()
        (limits.connectionsMax, limits.connectionsPerUIDMax) = (32, 20)
        #expect(limits.connectionsReserved == 2)
        var counts = ConnectionCounts()
        for number: UInt32 in 0..<30 { expect(nil, counts.admit(1000 + number % 2, limits)) }
        expect(.inAll, counts.admit(1002, limits))
        for _ in 0..<2 { expect(nil, counts.admit(0, mayAll: true, limits)) }
        expect(.inAll, counts.admit(0, mayAll: true, limits))
    }

    @Test("One user may have at least 1,024 connections where nobody says otherwise")
    func defaults() {
        #expect(Limits().connectionsPerUIDMax >= 1024)
        #expect(Limits().connectionsMax > Limits().connectionsPerUIDMax)
    }
}
