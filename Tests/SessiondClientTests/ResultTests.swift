import Foundation
import SessiondClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct ResultTests {
    /// A connection to a server that gives this result to everything, and tells what it was asked.
    private func connection(answering result: String, _ notes: Notes = Notes()) async throws -> (
        SessiondConnection, ScriptedServer
    ) {
        let server = ScriptedServer { peer, _ in
            while let line = peer.line() {
                let params = try? JSONSerialization.data(withJSONObject: peer.params(of: line), options: .sortedKeys)
                notes.add("\(peer.method(of: line)) \(params.map { String(decoding: $0, as: UTF8.self) } ?? "")")
                peer.answer(line, result)
            }
        }
        return (try await server.connect(), server)
    }

    private let moment = Date(timeIntervalSince1970: 1_796_635_800)

    @Test("Nobody is told with the reason, also with one that is new")
    func nobody() async throws {
        for reason in ["unknown", "anonymous", "tomorrow"] {
            let (connection, server) = try await connection(
                answering: #"{"authenticated":false,"reason":"\#(reason)"}"#
            )
            #expect(try await connection.identity(of: "k") == .nobody(.init(rawValue: reason)))
            withExtendedLifetime(server) {}
        }
    }

    @Test("Somebody is told with all that is known, and members that are new are ignored")
    func somebody() async throws {
        let notes = Notes()
        let (connection, server) = try await connection(
            answering:
                #"{"authenticated":true,"user_id":"42","backend":"a.B","session":"7d","expires_at":"2026-12-07T09:30:00Z","#
                + #""superseded":true,"stale_ms":12,"new":{}}"#,
            notes
        )
        guard case .authenticated(let login) = try await connection.identity(of: "k\u{0}\"é", confirm: true) else {
            Issue.record("somebody")
            return
        }
        #expect(login.userID == "42" && login.backend == "a.B" && login.session == "7d")
        #expect(login.expiresAt == moment)
        #expect(login.isSuperseded && login.staleMilliseconds == 12)
        #expect(notes.all == [#"session.identity {"confirm":true,"session_key":"k\u0000\"é"}"#])
        withExtendedLifetime(server) {}
    }

    @Test("A session's data keeps its text, however deep")
    func contents() async throws {
        let deep = String(repeating: "[", count: 300) + "1.0" + String(repeating: "]", count: 300)
        let (connection, server) = try await connection(
            answering:
                #"{"authenticated":true,"user_id":"42","backend":"a.B","session":"7d","expires_at":null,"found":true,"#
                + #""data":{"a":\#(deep)},"omitted":2,"new\"":1}"#
        )
        let contents = try await connection.contents(of: "k")
        #expect(contents.identity.userID == "42")
        #expect(contents.isFound && contents.omittedCount == 2)
        #expect(contents.data.map { String(decoding: $0, as: UTF8.self) } == #"{"a":\#(deep)}"#)
        withExtendedLifetime(server) {}
    }

    @Test("A session that is not there has no data")
    func noContents() async throws {
        let (connection, server) = try await connection(
            answering: #"{"authenticated":false,"reason":"unknown","found":false}"#
        )
        let contents = try await connection.contents(of: "k")
        #expect(contents.identity == .nobody(.unknown) && !contents.isFound && contents.data == nil)
        #expect(throws: DecodingError.self) { try contents.data(as: [String: String].self) }
        withExtendedLifetime(server) {}
    }

    @Test("Data for people keeps its meaning and cannot steer a terminal")
    func prettyData() async throws {
        let (connection, server) = try await connection(
            answering:
                #"{"authenticated":false,"reason":"anonymous","found":true,"omitted":0,"data":{"b":[ ],"a":[1.0,"x\\"],"#
                + #""é\"":{"k":"\",:{","t\#u{7F}\#u{9B}2Jé":{}}}}"#
        )
        let pretty = try await connection.contents(of: "k").prettyData
        #expect(
            pretty == #"""
                {
                  "b": [],
                  "a": [
                    1.0,
                    "x\\"
                  ],
                  "é\"": {
                    "k": "\",:{",
                    "t\u007f\u009b2Jé": {}
                  }
                }
                """#
        )
        withExtendedLifetime(server) {}
    }

    @Test("Sessions come in pages")
    func sessions() async throws {
        let notes = Notes()
        let (connection, server) = try await connection(
            answering: #"{"sessions":[{"session":"7d","user_id":"42","backend":"a.B","expires_at":null,"#
                + #""first_seen_at":"2026-12-07T09:30:00Z"}],"next":"17","position":"a-4"}"#,
            notes
        )
        let page = try await connection.sessions(ofUser: "42", limit: 7, after: "9")
        #expect(page.sessions.count == 1 && page.next == "17" && page.position == "a-4")
        #expect(page.sessions.first?.firstSeenAt == moment && page.sessions.first?.expiresAt == nil)
        _ = try await connection.sessions()
        #expect(notes.all == [#"user.sessions {"after":"9","limit":7,"user_id":"42"}"#, "session.list {}"])
        withExtendedLifetime(server) {}
    }

    @Test("The history comes in pages of events")
    func history() async throws {
        let notes = Notes()
        let (connection, server) = try await connection(
            answering:
                #"{"events":[\#(eventText(1)), \#(eventText(2, type: "dev.sessiond.new", data: "{}"))],"next":"x"}"#,
            notes
        )
        let page = try await connection.events(after: "", since: moment, types: [.login, .logout], session: "7d")
        #expect(page.events.map(\.id) == [eventID(1), eventID(2)] && page.next == "x")
        #expect(page.events.first?.details.userID == "42")
        #expect(page.events.first.map { String(decoding: $0.json, as: UTF8.self) } == eventText(1))
        #expect(
            notes.all == [
                #"events.query {"after":"","session":"7d","since":"2026-12-07T09:30:00.000Z","#
                    + #""types":["dev.sessiond.login","dev.sessiond.logout"]}"#
            ]
        )
        withExtendedLifetime(server) {}
    }

    @Test("The time of an event keeps its millisecond", arguments: [0, 1, 4, 5, 9, 123, 357, 500, 567, 999])
    func milliseconds(number: Int) async throws {
        let text = "2026-12-07T09:30:59." + String(1000 + number).dropFirst() + "Z"
        let event = eventText(1).replacing("2026-12-07T09:30:00.123Z", with: text)
        let (connection, server) = try await connection(answering: #"{"events":[\#(event)]}"#)
        #expect(try await connection.events().events.first?.timeText == text)
        withExtendedLifetime(server) {}
    }

    @Test("The daemon's status and self-description are read")
    func server() async throws {
        let (connection, server) = try await connection(
            answering:
                #"{"version":"0.1.0","run":"000001988a3c5d20","uptime_seconds":12,"link":{"state":"live","epoch":1,"proven":true,"#
                + #""notifications":"verified","database":0,"round_trip_ms":null,"reconnects":0,"last_error":null},"sessions":{"#
                + #""authenticated":1,"anonymous":2,"invalid":3,"unreadable":4,"users":5,"ignored_keys":6},"cache":{"hits":1,"misses":2,"#
                + #""fetches":3,"overtaken":4,"stale_found":5},"memory":{"resident_bytes":12345},"journal":{"kind":"memory","#
                + #""source":"urn:uuid:0","position":"a-3","oldest":null,"events":3,"capacity":100000,"backlog":0},"clients":{"#
                + #""connections":1,"subscriptions":0,"requests":10,"refused":0},"name":"sessiond","protocol":1,"limits":{"#
                + #""request_bytes_max":65536,"answer_bytes_max":16777216,"session_key_bytes_max":512,"page_count_max":1000,"#
                + #""subscriptions_per_connection_max":64,"json_depth_max":32,"connections_max":7,"idle_seconds_max":null},"rights":["identify"],"peer":{"uid":33,"gid":33,"pid":1}}"#
        )
        let status = try await connection.status()
        #expect(status.link.state == "live" && status.link.isProven && status.link.roundTripMilliseconds == nil)
        #expect(status.sessions.ignoredKeys == 6 && status.cache.staleFound == 5 && status.journal.oldest == nil)
        let info = try await connection.info()
        #expect(status.clients.closedSlow == nil && status.cache.missesRefused == nil)
        #expect(info.limits.connectionsMax == 7 && info.limits.batchCountMax == nil)
        #expect(info.limits.sessionKeyBytesMax == 512 && info.rights == ["identify"] && info.peer.uid == 33)
        withExtendedLifetime(server) {}
    }
}
