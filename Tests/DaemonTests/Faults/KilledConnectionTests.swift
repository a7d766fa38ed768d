import SessiondClient
import TestSupport
import Testing

/// `CLIENT KILL`, while people log in and out and others are looked up.
@Suite(.serialized) struct KilledConnectionTests {
    @Test(
        "A connection is killed again and again: nobody is wrongly refused or let in, and no event is lost",
        arguments: FaultyProxy.Line.allCases)
    func killed(line: FaultyProxy.Line) async throws {
        let rig = try await Rig()
        let staying = Rig.newKey()
        try await rig.watchingLookups { watch in
            try await watch.change([staying], to: "1") { try await rig.write(staying, Rig.payload(user: "1")) }
            var former = Rig.newKey()
            for round in 0..<4 {
                let before = try await rig.clientID(of: line)
                try await rig.kill(line)
                let next = Rig.newKey()
                try await watch.change([next], to: "\(round)") {
                    try await rig.write(next, Rig.payload(user: "\(round)"))
                }
                try await watch.change([former], to: nil) { try await rig.delete(former) }
                former = next
                try await eventually("another \(line.rawValue)") {
                    let id = try await rig.clientID(of: line)
                    return id != nil && id != before
                }
            }
            try await watch.waitForMore("logged in") { $0.authenticated }
        }
        try await rig.expectCoherence()
        #expect(try await rig.client.status().link.reconnects > 0)
        let links = try await rig.events().count { $0.type == .link }
        // Without the asking connection all changes are still heard.
        #expect(line == .asking ? links == 0 : links > 0)
    }

    @Test(
        "Connections are killed while others write without pause: in the end all is as in Redis, and no event is wrong")
    func killedUnderLoad() async throws {
        let rig = try await Rig()
        let load = WriteLoad(on: rig.redis, writerCount: 2)
        for _ in 0..<3 {
            for line in FaultyProxy.Line.allCases {
                try await eventually("the \(line.rawValue)") { try await rig.clientID(of: line) != nil }
                try await rig.kill(line)
            }
        }
        #expect(try await load.stop() > 0)
        try await rig.expectCoherence()
        #expect(try await rig.client.status().link.reconnects > 0)
    }
}
